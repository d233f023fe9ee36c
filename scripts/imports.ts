import { type Expression, parseSync, Visitor } from 'oxc-parser';

/** One way in which a file names another: the specifier, or undefined where it is computed at run time. */
export type Import = { specifier: string | undefined; line: number };

const literal = (node: Expression | undefined): string | undefined => {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) {
    return node.quasis[0]?.value.cooked ?? undefined;
  }
  return undefined;
};

const isImportMeta = (node: Expression | undefined, property: string): boolean =>
  node?.type === 'MemberExpression' &&
  node.object.type === 'MetaProperty' &&
  node.property.type === 'Identifier' &&
  node.property.name === property;

/**
 * Every module that a TypeScript file names: imports and re-exports (of types too), dynamic imports, import types,
 * `require`, `import.meta.resolve`, and files found by `new URL('./x.ts', import.meta.url)`, as workers are.
 *
 * @throws Error where the file does not parse: a file that was not understood must not pass as one without imports
 */
export function importsOf(path: string, text: string): Import[] {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  const found: Import[] = [];
  const note = (start: number, specifier: string | undefined): void => {
    found.push({ specifier, line: text.slice(0, start).split('\n').length });
  };
  new Visitor({
    ImportDeclaration: (node) => note(node.start, node.source.value),
    ExportAllDeclaration: (node) => note(node.start, node.source.value),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) note(node.start, node.source.value);
    },
    ImportExpression: (node) => note(node.start, literal(node.source)),
    TSImportType: (node) => note(node.start, node.source.value),
    TSExternalModuleReference: (node) => note(node.start, node.expression.value),
    CallExpression: (node) => {
      const [argument] = node.arguments;
      const { callee } = node;
      const required = callee.type === 'Identifier' && callee.name === 'require';
      if (!required && !isImportMeta(callee, 'resolve')) return;
      note(node.start, argument?.type === 'SpreadElement' ? undefined : literal(argument));
    },
    NewExpression: (node) => {
      if (node.callee.type !== 'Identifier' || node.callee.name !== 'URL') return;
      const [file, base] = node.arguments;
      if (file === undefined || file.type === 'SpreadElement' || base?.type === 'SpreadElement') return;
      if (!isImportMeta(base, 'url')) return;
      const specifier = literal(file);
      // Anything but code (migrations, pages, data folders) is not an edge between modules.
      if (specifier !== undefined && /\.[cm]?[jt]s$/.test(specifier)) note(node.start, specifier);
    },
  }).visit(program);
  return found;
}

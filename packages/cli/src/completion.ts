import type { Command } from 'commander';

/** What may follow each command: its commands and options. */
type Words = { path: string; words: string[] };

function wordsOf(command: Command, path: string): Words[] {
  const inner = command.commands;
  const options = [...command.options].map(({ long }) => long ?? '').filter((long) => long !== '');
  const own = { path, words: [...inner.map((one) => one.name()), ...options, '--json', '--help'] };
  return [own, ...inner.flatMap((one) => wordsOf(one, `${path} ${one.name()}`))];
}

const listed = (words: readonly string[]): string => [...new Set(words)].join(' ');

const cases = (all: readonly Words[]): string =>
  all.map(({ path, words }) => `    '${path}') words='${listed(words)}' ;;`).join('\n');

/** The longest path of commands among the words so far, by the same rules in both shells. */
const bash = (
  all: readonly Words[],
): string => `# Completion of genesis for bash: eval "$(genesis completion bash)"
_genesis() {
  local path='genesis' word words='' current="\${COMP_WORDS[COMP_CWORD]}" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in -*) continue ;; esac
    case "|${all.map(({ path }) => path).join('|')}|" in *"|$path $word|"*) path="$path $word" ;; esac
  done
  case "$path" in
${cases(all)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -gt 0 ]] || compopt -o default 2>/dev/null
}
complete -F _genesis genesis
`;

const zsh = (all: readonly Words[]): string => `#compdef genesis
# Completion of genesis for zsh: source <(genesis completion zsh)
_genesis() {
  local command_path='genesis' word candidates='' i
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    [[ "$word" == -* ]] && continue
    case "|${all.map(({ path }) => path).join('|')}|" in *"|$command_path $word|"*) command_path="$command_path $word" ;; esac
  done
  case "$command_path" in
${cases(all).replaceAll('words=', 'candidates=')}
  esac
  compadd -- \${=candidates} || _files
}
compdef _genesis genesis
`;

function fish(all: readonly Words[]): string {
  const lines = all.flatMap(({ path, words }) => {
    const steps = path.split(' ').slice(1);
    const seen = steps.map((step) => `__fish_seen_subcommand_from ${step}`);
    const condition = seen.length === 0 ? '__fish_use_subcommand' : seen.join('; and ');
    const plainWords = words.filter((word) => !word.startsWith('-'));
    const options = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2));
    return [
      ...(plainWords.length === 0
        ? []
        : [`complete -c genesis -n '${condition}' -a '${listed(plainWords)}'`]),
      ...[...new Set(options)].map((option) => `complete -c genesis -n '${condition}' -l ${option}`),
    ];
  });
  return `# Completion of genesis for fish: genesis completion fish | source\n${lines.join('\n')}\n`;
}

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A script that completes commands and options, made from the commands themselves. */
export function completionScript(shell: Shell, program: Command): string {
  const all = wordsOf(program, program.name());
  return { bash, zsh, fish }[shell](all);
}

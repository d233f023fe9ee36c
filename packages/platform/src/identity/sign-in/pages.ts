const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)} - Genesis</title></head>
<body><main><h1>${escaped(title)}</h1>${body}</main></body>
</html>
`;

/** Plain pages: they load nothing, and read well without a style and with a screen reader. */
export const signedInPage = (name: string, ends: Date): string =>
  page(
    `You are signed in as ${name}`,
    `<p>You can close this page. The session ends by itself, <time datetime="${ends.toISOString()}">${ends.toUTCString()}</time> at the latest.</p>`,
  );

export const refusedPage = (message: string, again: string): string =>
  page(
    'You are not signed in',
    `<p role="alert">${escaped(message)}</p><p><a href="${escaped(again)}">Sign in again</a></p>`,
  );

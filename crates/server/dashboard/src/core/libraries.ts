/** The names of packages by what their clients call themselves. */
const PACKAGES: Record<string, string> = { js: 'pusher-js' };

/** What a client says of its library, such as `js 8.4.0`, with the name of the package. */
export function libraryOf(text: string): string {
  const [name = '', ...version] = text.split(' ');
  return [PACKAGES[name] ?? name, ...version].join(' ');
}

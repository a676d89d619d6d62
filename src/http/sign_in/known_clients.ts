/**
 * The hosts of well-known programs, to warn of others with their names.
 *
 * @module
 */

/** What the name of a program contains, and whose hosts it may have. */
const KNOWN: readonly (readonly [RegExp, readonly string[]])[] = [
  [/claude|anthropic/i, ["claude.ai", "claude.com", "anthropic.com"]],
  [/chat\s*gpt|open\s*ai/i, ["chatgpt.com", "openai.com"]],
  [/cursor/i, ["cursor.com", "cursor.sh"]],
  [
    /copilot|visual studio|vs\s*code|microsoft/i,
    ["vscode.dev", "visualstudio.com", "microsoft.com", "github.com"],
  ],
  [/github/i, ["github.com"]],
  [/gemini|google/i, ["google.com"]],
  [/qontak|mekari/i, ["qontak.com", "mekari.com"]],
];

/** The schemes of programs, by what their name contains. */
const SCHEMES: Readonly<Record<string, RegExp>> = {
  "cursor:": /cursor/i,
  "vscode:": /visual studio|vs\s*code|copilot/i,
  "vscode-insiders:": /visual studio|vs\s*code|copilot/i,
  "claude:": /claude/i,
};

/**
 * Whether a program with a name may be at a host. The name must not contain the
 * name of a well-known program, or of a domain, that the host does not belong
 * to.
 *
 * @param name What the program calls itself.
 * @param host Its host, or the scheme of its redirect URI, such as `cursor:`.
 */
export function isFitting(name: string, host: string): boolean {
  const isBelow = (domain: string) =>
    host === domain || host.endsWith(`.${domain}`);
  const scheme = SCHEMES[host];
  if (scheme) return scheme.test(name);
  const known = KNOWN.filter(([contained]) => contained.test(name));
  if (known.length > 0) {
    return known.some(([, domains]) => domains.some(isBelow));
  }
  const domains = name.toLowerCase().match(
    /\b[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}\b/g,
  );
  return (domains ?? []).every(isBelow);
}

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

/** Scripts with letters that look like those of Latin. */
const ALIKE = ["Armenian", "Cherokee", "Coptic", "Cyrillic", "Greek", "Lisu"]
  .map((script) => String.raw`\p{Script=${script}}`).join("");

/** A word with letters of Latin and letters that only look like them. */
const MIXED = new RegExp(
  String.raw`\p{Script=Latin}[\p{L}\p{M}\p{N}]*[${ALIKE}]|` +
    String.raw`[${ALIKE}][\p{L}\p{M}\p{N}]*\p{Script=Latin}`,
  "u",
);

/**
 * Whether a program with a name may be at a host. The name must not contain the
 * name of a well-known program, or of a domain, that the host does not belong
 * to. No host fits a name that imitates letters.
 *
 * @param name What the program calls itself.
 * @param host Its host, or the scheme of its redirect URI, such as `cursor:`.
 */
export function isFitting(name: string, host: string): boolean {
  if (MIXED.test(name)) return false;
  // Full-width, bold and accented letters count as the plain ones.
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "");
  const isBelow = (domain: string) =>
    host === domain || host.endsWith(`.${domain}`);
  if (Object.hasOwn(SCHEMES, host)) return SCHEMES[host]!.test(plain);
  const known = KNOWN.filter(([contained]) => contained.test(plain));
  if (known.length > 0) {
    return known.some(([, domains]) => domains.some(isBelow));
  }
  const domains = plain.toLowerCase().match(
    /\b[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}\b/g,
  );
  return (domains ?? []).every(isBelow);
}

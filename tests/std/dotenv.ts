/**
 * Replaces `@std/dotenv/stringify` if JSR cannot be reached.
 *
 * @module
 */

/** The characters that need a backslash in double quotes. */
const ESCAPES: readonly (readonly [string, string])[] = [
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ['"', '\\"'],
];

function write(value: string): string {
  if (/^\w*$/.test(value)) return value;
  if (!/[\n\r\t'\\]/.test(value)) return `'${value}'`;
  const text = ESCAPES.reduce(
    (text, [char, escaped]) => text.replaceAll(char, escaped),
    value,
  );
  return `"${text}"`;
}

export function stringify(object: Record<string, string>): string {
  return Object.entries(object).filter(([name]) => !name.startsWith("#"))
    .map(([name, value]) => `${name}=${write(value)}`).join("\n");
}

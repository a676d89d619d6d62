/**
 * Shows what a program printed to a terminal as a page of a browser, for
 * pictures.
 *
 * @module
 */

/** What each change of style is in CSS; the others end one. */
const STYLES: Readonly<Record<string, string>> = {
  1: "font-weight: 700; color: #fff",
  2: "color: #8fa5a1",
  31: "color: #ff9d94",
  32: "color: #6fd7a0",
};
const ENDS = ["0", "22", "39"];

/**
 * Variables by which a program decides that a terminal shows no colors. Node
 * assumes that of every CI system that it does not know.
 */
const NO_COLORS = ["NO_COLOR", "NODE_DISABLE_COLORS", "FORCE_COLOR", "CI"];

/**
 * Runs a command on a terminal of its own, which shows colors.
 *
 * @param command The command, for a shell.
 * @param columns The width of the terminal.
 * @param env The variables of the command, except those about colors.
 * @returns What it printed, with its colors.
 * @throws {Error} When the command fails.
 */
export async function onTerminal(
  command: string,
  columns: number,
  env: Readonly<Record<string, string>> = Deno.env.toObject(),
): Promise<string> {
  const kept = Object.entries(env).filter(([name]) =>
    !NO_COLORS.includes(name)
  );
  const { success, stdout } = await new Deno.Command("script", {
    args: ["-qec", `stty cols ${columns}; ${command}`, "/dev/null"],
    clearEnv: true,
    env: { ...Object.fromEntries(kept), TERM: "xterm-256color" },
    stdin: "null",
    stderr: "inherit",
  }).output();
  const printed = new TextDecoder().decode(stdout).replaceAll("\r\n", "\n");
  if (!success) throw new Error(`${command} failed: ${printed}`);
  return printed;
}

/**
 * A page that looks like a terminal.
 *
 * @param title What the frame says.
 * @param printed What a program printed. It may change the style of its text.
 * @throws {Error} When it tells the terminal anything else.
 */
export function terminalPage(title: string, printed: string): string {
  let open = 0;
  const close = () => "</span>".repeat(open).concat((open = 0, ""));
  const body = escape(printed).replaceAll(
    // deno-lint-ignore no-control-regex -- an escape begins each change
    /\x1b(?:\[(\d*)m)?/g,
    (_, code?: string) => {
      if (code !== undefined && ENDS.includes(code)) return close();
      const style = STYLES[code ?? ""];
      if (!style) throw new Error(`No color is known for code ${code}`);
      open++;
      return `<span style="${style}">`;
    },
  );
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: #fff; }
    figure {
      display: inline-block; margin: 0; background: #12211f; color: #dbe6e3;
      font: 14px/1.4 "DejaVu Sans Mono", Menlo, Consolas, monospace;
    }
    figcaption {
      padding: 9px 16px; background: #1d302d; color: #a9bbb7; font-size: 13px;
    }
    figcaption::before { content: "● ● ●"; margin-right: 16px; color: #4a635e; }
    pre { margin: 0; padding: 14px 20px 18px; font: inherit; }
  </style><figure><figcaption>${
    escape(title)
  }</figcaption><pre>${body}${close()}</pre></figure>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/**
 * Prints the script that makes a shell complete the commands and flags of
 * `qontak-mcp`. The scripts are made from the tables of commands and flags.
 *
 * @module
 */
import { CLIENTS } from "../clients/clients.ts";
import { ConfigError } from "../errors.ts";
import { TOOLSETS } from "../tools/outline.ts";
import { outlines } from "../tools/outlines.ts";
import { COMPACT } from "../tools/selection.ts";
import { didYouMean } from "../values/words.ts";
import type { Command, Run } from "./command.ts";
import { OK } from "./exit.ts";
import { type FlagName, flags } from "./flags.ts";
import { say, tell } from "./output.ts";
import { type Shell, SHELLS } from "./shells.ts";

/** The name that the shell completes. */
const PROGRAM = "qontak-mcp";

/** The table of commands. */
type Commands = Readonly<Record<string, Command>>;

/** What can follow the words written so far. */
interface Step {
  /** The words so far, after the program's name. */
  readonly after: string;
  /** The next words, each with its meaning. */
  readonly next: readonly (readonly [word: string, meaning: string])[];
}

/** Words that may follow a command's name. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  config: CLIENTS,
  setup: CLIENTS,
  completion: SHELLS,
  try: outlines.map(({ name }) => name),
};

/** Flags with a fixed set of values; of a list, one is completed. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  grant: ["refresh_token", "authorization_code", "password"],
  toolsets: TOOLSETS,
  tools: [COMPACT, ...TOOLSETS, ...outlines.map(({ name }) => name)],
};

/** Every step, from the tables. */
function stepsOf(commands: Commands): Step[] {
  const known = Object.entries(commands);
  const meaning = new Map<string, Map<string, string>>();
  const add = (after: string, word: string, text: string) => {
    const next = meaning.get(after) ?? new Map<string, string>();
    meaning.set(after, next);
    if (!next.has(word)) next.set(word, text);
  };
  const addFlags = (after: string, names: readonly FlagName[]) => {
    for (const name of [...names, "help"] as const) {
      add(after, `--${name}`, flags[name].help);
    }
  };
  for (const [name, { summary, flags: taken }] of known) {
    const [first, second] = name.split(" ") as [string, string | undefined];
    if (second === undefined) add("", first, summary);
    else {
      const actions = Object.keys(commands)
        .filter((other) => other.startsWith(`${first} `))
        .map((other) => other.slice(first.length + 1));
      add("", first, `${first}: ${actions.join(", ")}`);
      add(first, second, summary);
    }
    for (const word of WORDS[name] ?? []) add(name, word, word);
    addFlags(name, taken);
  }
  // Without a command, the program serves.
  addFlags("", [...commands.serve?.flags ?? [], "version"]);
  return [...meaning].map(([after, next]) => ({ after, next: [...next] }));
}

/** A text in single quotes, for a shell of the given family. */
function quote(text: string, isPosix = true): string {
  return `'${text.replaceAll("'", isPosix ? `'\\''` : `''`)}'`;
}

/** Writes the script of each shell. */
const scripts: Readonly<Record<Shell, (steps: readonly Step[]) => string>> = {
  bash(steps) {
    const cases = steps.map(({ after, next }) =>
      `    ${quote(after)}) words=${
        quote(next.map(([word]) => word).join(" "))
      } ;;`
    );
    const values = Object.entries(VALUES).map(([flag, list]) =>
      `    --${flag}) words=${quote(list.join(" "))} ;;`
    );
    return `_qontak_mcp() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local after='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) continue ;; esac
    case "\${after:+$after }$word" in
      ${patternsOf(steps)}) after="\${after:+$after }$word" ;;
    esac
  done
  case $after in
${cases.join("\n")}
  esac
  case $previous in
${values.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _qontak_mcp ${PROGRAM}`;
  },
  zsh(steps) {
    const cases = steps.map(({ after, next }) =>
      `    ${quote(after)}) choices=(${
        next.map(([word, meaning]) =>
          quote(`${word}:${meaning.replaceAll(":", "\\:")}`)
        ).join(" ")
      }) ;;`
    );
    const values = Object.entries(VALUES).map(([flag, list]) =>
      `    --${flag}) choices=(${list.map((word) => quote(word)).join(" ")}) ;;`
    );
    return `#compdef ${PROGRAM}
_qontak_mcp() {
  local after='' word previous=\${words[CURRENT-1]}
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case $word in -*) continue ;; esac
    case "\${after:+$after }$word" in
      ${patternsOf(steps)}) after="\${after:+$after }$word" ;;
    esac
  done
  local -a choices
  case $after in
${cases.join("\n")}
  esac
  case $previous in
${values.join("\n")}
  esac
  _describe '${PROGRAM}' choices
}
compdef _qontak_mcp ${PROGRAM}`;
  },
  fish(steps) {
    const lines = steps.flatMap(({ after, next }) =>
      next.map(([word, meaning]) => {
        const when = `__qontak_mcp_after ${quote(after)}`;
        const shown = word.startsWith("--")
          ? `-l ${word.slice(2)}${
            VALUES[word.slice(2)]
              ? ` -xa ${quote(VALUES[word.slice(2)]!.join(" "))}`
              : ""
          }`
          : `-a ${quote(word)}`;
        return `complete -c ${PROGRAM} -f -n ${quote(when)} ${shown} -d ${
          quote(meaning)
        }`;
      })
    );
    return `function __qontak_mcp_after
  set -l after
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and continue
    contains -- (string join ' ' $after $word) ${
      groupsOf(steps).map((name) => quote(name)).join(" ")
    }; and set -a after $word
  end
  test "$after" = "$argv[1]"
end
${lines.join("\n")}`;
  },
  powershell(steps) {
    const cases = steps.map(({ after, next }) =>
      `    ${quote(after, false)} = @(${
        next.map(([word, meaning]) =>
          `@(${quote(word, false)}, ${quote(meaning, false)})`
        ).join(", ")
      })`
    );
    return `Register-ArgumentCompleter -Native -CommandName ${PROGRAM} -ScriptBlock {
  param($current, $ast, $position)
  $steps = @{
${cases.join("\n")}
  }
  $after = ''
  foreach ($element in $ast.CommandElements | Select-Object -Skip 1) {
    $word = $element.ToString()
    if ($word -eq $current -or $word.StartsWith('-')) { continue }
    $longer = "$after $word".Trim()
    if ($steps.ContainsKey($longer)) { $after = $longer }
  }
  $steps[$after] | Where-Object { $_[0].StartsWith($current) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
  }
}`;
  },
};

/** The commands, and the first words of commands of two words. */
function groupsOf(steps: readonly Step[]): string[] {
  return steps.map(({ after }) => after).filter((after) => after !== "");
}

/** The same as patterns of a shell's case. */
function patternsOf(steps: readonly Step[]): string {
  return groupsOf(steps).map((name) => quote(name)).join("|");
}

/** How to load the script, for each shell. */
const LOADING: Readonly<Record<Shell, string>> = {
  bash: `add to ~/.bashrc: eval "$(${PROGRAM} completion bash)"`,
  zsh: `add to ~/.zshrc, after compinit: eval "$(${PROGRAM} completion zsh)"`,
  fish:
    `${PROGRAM} completion fish > ~/.config/fish/completions/${PROGRAM}.fish`,
  powershell:
    `add to $PROFILE: ${PROGRAM} completion powershell | Out-String | Invoke-Expression`,
};

/**
 * Makes the command that prints the script of a shell on stdout, and how to
 * load it on stderr.
 *
 * @param commands The table of commands.
 */
export function completionOf(commands: Commands): Run {
  // deno-lint-ignore require-await -- commands are asynchronous
  return async ({ word }) => {
    const shell = SHELLS.find((name) => name === word?.toLowerCase());
    if (!shell) {
      throw new ConfigError([
        `completion needs a shell: one of ${SHELLS.join(", ")}${
          word === undefined ? "" : didYouMean(word, SHELLS)
        }`,
      ]);
    }
    say(scripts[shell](stepsOf(commands)));
    tell(`To load it, ${LOADING[shell]}`);
    return OK;
  };
}

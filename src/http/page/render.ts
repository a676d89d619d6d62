/**
 * Renders the page as HTML, from data: without a request, a tenant or a key.
 *
 * @module
 */
import type { Effect } from "../../tools/outline.ts";
import { IDENTITY, VERSION } from "../../version.ts";
import { connecting, KEY_PLACEHOLDER, URL_PLACEHOLDER } from "./connect.ts";
import { answers } from "./answers.ts";
import {
  amountOf,
  type Answer,
  type Example,
  examples,
  shownValue,
} from "./examples.ts";
import { type Html, json, markup, raw } from "./html.ts";
import { indonesian } from "./indonesian.ts";
import type { ShownArgument, ShownTool, ShownToolset } from "./tools.ts";
import { type Language, LANGUAGES, type Words, words } from "./words.ts";

/** The data of a page. */
export interface PageData {
  readonly language: Language;
  /** The tools that the server has. */
  readonly toolsets: readonly ShownToolset[];
  /** Whether callers need a key. */
  readonly needsKey: boolean;
  /** Whether clients are sent to a page where a person signs in. */
  readonly signsIn: boolean;
  /** Whether the data is that of the built-in CRM. */
  readonly isInvented: boolean;
  /** The style sheet. */
  readonly style: string;
  /** The script. */
  readonly script: string;
}

/**
 * Renders the page.
 *
 * @param data The data of the page.
 * @returns A whole HTML document.
 */
export function renderPage(data: PageData): string {
  const { language, needsKey, style, script } = data;
  const text = words[language];
  const settings = json({
    url: URL_PLACEHOLDER,
    key: KEY_PLACEHOLDER,
    needsKey,
    words: text.script,
  });
  return markup`<!doctype html>
    <html lang="${language}" data-settings='${settings}'>
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="description" content="${text.what}">
    <meta name="robots" content="noindex">
    <title>${text.title}</title>
    <link rel="icon" href="${IDENTITY.icons[0]!.src}">
    <style>${raw(style)}</style>
    <script>${raw(script)}</script>
    </head>
    <body>
    ${header(language, text)}
    <main>
    ${about(data, text)}
    ${ask(data, text)}
    ${connect(data, text)}
    ${tools(data, text)}
    </main>
    <footer><p>
    <a href="${IDENTITY.websiteUrl}">@qontak/mcp</a> ${VERSION}
    </p></footer>
    <p id="toast" role="status"></p>
    </body>
    </html>
  `.html;
}

function header(language: Language, text: Words): Html {
  return markup`<header>
    <div>
    <h1>${text.title}</h1>
    <p class="quiet">${text.tagline}</p>
    </div>
    <nav aria-label="${text.onThisPage}"><ul>
    <li><a href="#ask">${text.ask}</a></li>
    <li><a href="#connect">${text.connect}</a></li>
    <li><a href="#tools">${text.tools}</a></li>
    </ul></nav>
    <nav aria-label="${text.languages}"><ul>${
    LANGUAGES.map((one) =>
      markup`<li><a href="?lang=${one}" lang="${one}" hreflang="${one}"${
        one === language ? raw(' aria-current="true"') : undefined
      }>${words[one].name}</a></li>`
    )
  }</ul></nav>
    </header>`;
}

function about(
  { toolsets, needsKey, signsIn, isInvented }: PageData,
  text: Words,
): Html {
  const effects = toolsets.flatMap(({ tools }) => tools)
    .map(({ effect }) => effect);
  const of = (effect: Effect) => effects.filter((one) => one === effect).length;
  const counts = { read: of("read"), write: of("write"), delete: of("delete") };
  const isReadOnly = counts.read === effects.length;
  return markup`<section class="hero" aria-labelledby="about">
    ${isInvented ? markup`<p class="invented">${text.invented}</p>` : undefined}
    <h2 id="about">${text.about}</h2>
    <p>${text.what} ${isReadOnly ? text.readOnly : text.honest}</p>
    <dl>
    <div><dt>${text.health}</dt><dd>
    <span class="plain"><a href="/health">/health</a>${", "}
    <a href="/ready">/ready</a></span>
    <span id="health" class="live" role="status">${text.checking}</span>
    <span id="parts" class="live"></span></dd></div>
    <div><dt>${text.tools}</dt><dd>${
    fill(text.counts, { all: effects.length, ...counts })
  }</dd></div>
    <div><dt>${text.access}</dt><dd>${
    signsIn ? text.withLogin : needsKey ? text.withKey : text.withoutKey
  }</dd></div>
    </dl>
    </section>`;
}

/** The questions whose tools the server has. */
function ask({ toolsets, language }: PageData, text: Words): Html | undefined {
  const effects = new Map(
    toolsets.flatMap(({ tools }) => tools)
      .map(({ name, effect }) => [name, effect]),
  );
  const shown = Object.entries(examples)
    .filter(([, { tool }]) => effects.has(tool));
  if (shown.length === 0) return undefined;
  return markup`<section aria-labelledby="ask">
    <h2 id="ask">${text.ask}</h2>
    <p class="quiet">${text.askHint}</p>
    <div class="cards">${
    shown.map(([id, example], i) =>
      markup`<details class="question" name="question" id="${id}"${
        i === 0 ? raw(" open") : undefined
      }>
      <summary><span class="job">${example.job[language]}</span>
      <b>${example.question[language]}</b></summary>
      ${reply(example, answers[id]!, language)}
      <div class="by"><span>${text.by} <code>${example.tool}</code></span>${
        effects.get(example.tool) === "read"
          ? markup`<button type="button" class="live run" data-tool="${example.tool}" data-args='${
            json(example.args)
          }'>${text.runHere}</button>`
          : undefined
      }</div>
      </details>`
    )
  }</div>
    </section>`;
}

/** The sentence that answers a question, and the table below it. */
function reply(
  { reply, columns, question }: Example,
  { facts, rows }: Answer,
  language: Language,
): Html {
  const sentence = reply[language].replace(
    /\{([^}]+)\}/g,
    (_, path: string) => shownValue(facts[path], language),
  );
  // The last column of amounts is drawn, where they can be compared.
  const barred = columns.findLastIndex((_, column) =>
    rows.length > 2 &&
    rows.every((row) => amountOf(row[column]) !== undefined)
  );
  const most = Math.max(...rows.map((row) => amountOf(row[barred]) ?? 0));
  return markup`<p class="reply">${sentence}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="${
    question[language]
  }"><table><thead><tr>${
    columns.map(([, head]) => markup`<th scope="col">${head[language]}</th>`)
  }</tr></thead><tbody>${
    rows.map((row) =>
      markup`<tr>${
        row.map((value, column) =>
          markup`<td${
            typeof value === "string" ? undefined : raw(' class="n"')
          }>${shownValue(value, language)}${
            column === barred ? bar(value, most) : undefined
          }</td>`
        )
      }</tr>`
    )
  }</tbody></table></div>`;
}

/** A bar beside an amount, which says the same in digits. */
function bar(value: unknown, most: number): Html {
  const share = Math.round(100 * (amountOf(value) ?? 0) / most);
  return markup`<meter max="100" value="${share}" aria-hidden="true"></meter>`;
}

function connect({ needsKey, signsIn }: PageData, text: Words): Html {
  // A client with a key would not let the person sign in.
  const asksKey = needsKey && !signsIn;
  const clients = connecting(text, asksKey);
  return markup`<section aria-labelledby="connect">
    <h2 id="connect">${text.connect}</h2>
    <p>${signsIn ? text.signIn : needsKey ? text.needsKey : text.needsNoKey}</p>
    <h3>${text.address}</h3>
    ${snippet(text.address, URL_PLACEHOLDER)}
    <div class="live install">${
    clients.map(({ name, install }) =>
      install === undefined
        ? markup``
        : markup`<a class="button" href="${install}">${
          text.addTo.replace("{client}", name)
        }</a>`
    )
  }<p class="quiet">${text.addHint}${
    asksKey ? ` ${text.addKeyHint}` : undefined
  }</p></div>
    <div class="cards">${
    clients.map(({ client, name, text: toPaste, instruction, files }) =>
      markup`<details name="client" id="${client}">
      <summary><b>${name}</b></summary>
      <p>${instruction}</p>
      ${
        files.length > 0
          ? markup`<p>${text.files}:</p><ul>${
            files.map(({ path, on }) =>
              markup`<li><code>${path}</code> (${on})</li>`
            )
          }</ul>`
          : undefined
      }
      ${snippet(name, toPaste)}
      </details>`
    )
  }</div>
    </section>`;
}

/** Text to copy; the script fills in its placeholders. */
function snippet(what: string, text: string): Html {
  return markup`<div class="snippet">
    <pre tabindex="0" role="group" aria-label="${what}"><code>${text}</code></pre>
    <button type="button" class="live" data-what="${what}"></button>
    </div>`;
}

function tools({ toolsets, needsKey, language }: PageData, text: Words): Html {
  return markup`<section aria-labelledby="tools">
    <h2 id="tools">${text.tools}</h2>
    <div class="live panel">
    <p>${text.trying}</p>
    ${
    needsKey
      ? markup`<label for="key">${text.key}</label>
        <input id="key" type="password" autocomplete="off" spellcheck="false" autocapitalize="none" aria-describedby="key-hint">
        <p id="key-hint" class="quiet">${text.keyHint}</p>`
      : undefined
  }
    <label for="filter">${text.search}</label>
    <input id="filter" type="search" autocomplete="off" spellcheck="false" autocapitalize="none" placeholder="${text.searchHint}">
    <p id="found" class="quiet" role="status"></p>
    </div>
    ${
    toolsets.map(({ toolset, tools }) =>
      markup`<section aria-labelledby="${toolset}">
      <details class="group">
      <summary><h3 id="${toolset}">${text.toolsets[toolset]}</h3>${" "}
      <span class="quiet">${fill(text.inGroup, { n: tools.length })}</span>
      </summary>
      ${tools.map((tool) => toolEntry(tool, language, text))}
      </details></section>`
    )
  }
    <p id="none" hidden>${text.none}</p>
    </section>`;
}

/** Models read the English definition, so it is shown in every language. */
function toolEntry(tool: ShownTool, language: Language, text: Words): Html {
  const { name, title, description, effect } = tool;
  const own = language === "id" ? indonesian[name] : undefined;
  const lang = language === "en" ? undefined : raw(' lang="en"');
  return markup`<details id="${name}" data-effect="${effect}">
    <summary><b${own ? undefined : lang}>${own?.title ?? title}</b>${" "}
    <span class="${effect}">${text.effects[effect]}</span>${" "}
    <code>${name}</code></summary>
    ${own ? markup`<p>${own.about}</p>` : undefined}
    <p${lang}${own ? raw(' class="quiet"') : undefined}>${description}</p>
    ${
    tool.arguments.length > 0
      ? markup`<ul>${
        tool.arguments.map((argument) => argumentEntry(argument, text, lang))
      }</ul>`
      : markup`<p>${text.noArguments}</p>`
  }
    </details>`;
}

/**
 * The script reads the arguments of a tool from these elements. Their end tags
 * are left out, as HTML allows: there are hundreds.
 */
function argumentEntry(
  { name, type, required, description }: ShownArgument,
  text: Words,
  lang?: Html,
): Html {
  return markup`<li><code>${name}</code> <i>${type}</i>${
    required ? markup` <em>${text.required}</em>` : undefined
  }${
    description === undefined
      ? undefined
      : markup` <span${lang}>${description}</span>`
  }`;
}

function fill(
  text: string,
  values: Readonly<Record<string, number>>,
): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}

/**
 * The pages on which people sign in. They need no script, may not be framed,
 * and are never cached.
 *
 * @module
 */
import {
  ACCOUNT_PATH,
  CONSENT_PATH,
  hostOf,
} from "../../auth/sign_in/sign_in.ts";
import type { Account } from "../../auth/sign_in/accounts.ts";
import type { Flow } from "../../auth/sign_in/flows.ts";
import type { Session } from "../../auth/sign_in/sessions.ts";
import { isLoopback } from "../../net/address.ts";
import { digest } from "../../storage/hash.ts";
import { defined } from "../../values/json.ts";
import { toBase64 } from "../../values/base64.ts";
import { type Html, markup, raw } from "../page/html.ts";
import type { Language } from "../page/words.ts";
import { isFitting } from "./known_clients.ts";
import {
  type AskedScope,
  fill,
  type SignInWords,
  signInWords,
} from "./words.ts";

const STYLE = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 3rem auto; padding: 0 1rem; }
fieldset { border: 1px solid; border-radius: .4rem; margin: 1rem 0; }
label { display: block; padding: .3rem 0; }
button { font: inherit; padding: .6rem 1.4rem; margin-right: .6rem; border-radius: .4rem; border: 1px solid; cursor: pointer; }
button.main { background: #1d5fd1; color: #fff; border-color: #1d5fd1; }
.warning { border-left: .3rem solid #b3261e; padding-left: .8rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; }
code { overflow-wrap: anywhere; }
`;

/** The content of a page. */
interface Content {
  readonly language: Language;
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  /** Where the form may lead besides this origin. */
  readonly target?: string | undefined;
}

/** Makes the answer with a page. */
async function page(
  { language, title, body, status = 200, target }: Content,
): Promise<Response> {
  const { html } = markup`<html lang="${language}">
    <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>${title}</title>
      <style>${raw(STYLE)}</style>
    </head>
    <body><main><h1>${title}</h1>${body}</main></body>
    </html>`;
  const style = toBase64(await digest(STYLE));
  return new Response(`<!DOCTYPE html>\n${html}\n`, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-language": language,
      "content-security-policy": [
        "default-src 'none'",
        `style-src 'sha256-${style}'`,
        "base-uri 'none'",
        // Browsers apply it to where the answer to a form redirects, too.
        `form-action 'self'${target === undefined ? "" : ` ${target}`}`,
        "frame-ancestors 'none'",
      ].join("; "),
      "cache-control": "no-store",
      // A form must send its origin, and other sites must not see the address.
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    },
  });
}

/** What a content security policy says of the address of a client. */
function targetOf(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri);
  return /^https?:$/.test(protocol) ? origin : protocol;
}

/** What the consent page shows. */
export interface Consent {
  readonly language: Language;
  readonly flow: Flow;
  /** The account that this browser could continue. */
  readonly known: Account | undefined;
  /** The address of the page for sessions. */
  readonly accountUrl: string;
}

/** The page on which a person allows or denies. */
export function consentPage(
  { language, flow, known, accountUrl }: Consent,
): Promise<Response> {
  const words = signInWords[language];
  const { client, redirect_uri, scopes } = flow.ask!;
  const target = hostOf(redirect_uri);
  const isLocal = isLoopback(target);
  const place = isLocal
    ? fill(words.thisMachine, { host: target })
    // A scheme can pass an address on, such as microsoft-edge:https://….
    : target.endsWith(":")
    ? redirect_uri
    : target;
  // A name cannot end its own quotation marks.
  const name = client.name.replace(/["“”„‟«»]/g, "'");
  const asked = scopes.filter((scope): scope is AskedScope =>
    scope !== "metrics"
  );
  const body = markup`
    <p>${fill(words.asks, { name: `“${name}”` })}</p>
    <p>${words.sentTo}: <code>${place}</code></p>
    ${warnings(words, flow)}
    <form method="post" action="${CONSENT_PATH}">
      <input type="hidden" name="request" value="${flow.id}">
      <input type="hidden" name="form" value="${flow.form!}">
      <fieldset><legend>${words.may}</legend>
        ${
    asked.map((scope) =>
      markup`<label><input type="checkbox" name="scope" value="${scope}" checked> ${
        words.scopes[scope]
      }</label>`
    )
  }
      </fieldset>
      <fieldset><legend>${words.account}</legend>${
    accountChoice(words, flow, known, language)
  }</fieldset>
      <p>
        <button class="main" name="decision" value="allow">${words.allow}</button>
        <button name="decision" value="deny">${words.deny}</button>
      </p>
    </form>
    <p>${fill(words.revocable, { name: accountUrl })}</p>`;
  return page({
    language,
    title: words.title,
    body,
    target: targetOf(redirect_uri),
  });
}

/** What the person must know about who asks. */
function warnings(words: SignInWords, { ask }: Flow): Html {
  const { client, redirect_uri } = ask!;
  const target = hostOf(redirect_uri);
  const host = client.host ?? target;
  const isLocal = isLoopback(target);
  const texts = [
    client.host === undefined
      ? words.unproven
      : fill(words.proven, { host: client.host }),
    ...(isLocal ? [words.local] : []),
    ...(client.host === undefined || isLocal ? [words.onlyIfStarted] : []),
  ];
  // On this machine every program has the same address.
  const hosts = client.host === undefined && isLocal ? [] : [host];
  if (!isLocal && !hosts.includes(target)) hosts.push(target);
  const wrong = hosts.find((one) => !isFitting(client.name, one));
  return markup`${
    wrong === undefined
      ? undefined
      : markup`<p class="warning" role="alert"><strong>${
        fill(words.mismatch, { host: wrong })
      }</strong></p>`
  }${texts.map((text) => markup`<p>${text}</p>`)}`;
}

function accountChoice(
  words: SignInWords,
  { login }: Flow,
  known: Account | undefined,
  language: Language,
): Html {
  if (login?.user !== undefined) {
    const { user, name } = login;
    const text = name === undefined ? words.unnamedUser : words.user;
    return markup`<p>${
      fill(text, { id: String(user), ...defined({ name }) })
    }</p>`;
  }
  if (!known) return markup`<p>${words.unknownUser}</p>`;
  const when = showTime(known.signed_in_at, language);
  return markup`<p>${words.unknownUser}:</p>
    <label><input type="radio" name="account" value="new" checked> ${words.fresh}</label>
    <label><input type="radio" name="account" value="known"> ${
    fill(words.continued, { when })
  }</label>`;
}

/** The page on which a person sees and ends sessions. */
export function accountPage(
  language: Language,
  flow: Flow,
  sessions: readonly Session[],
): Promise<Response> {
  const words = signInWords[language];
  const button = (id: string, text: string) =>
    markup`<button name="session" value="${id}">${text}</button>`;
  const rows = sessions.map((one) =>
    markup`<tr><td>${one.client_name} <code>${one.client_host}</code></td>
      <td>${one.scopes.join(", ")}</td>
      <td>${showTime(one.created_at, language)}</td>
      <td>${showTime(one.used_at, language)}</td>
      <td>${button(one.id, words.end)}</td></tr>`
  );
  const table = markup`<form method="post" action="${ACCOUNT_PATH}">
    <input type="hidden" name="request" value="${flow.id}">
    <input type="hidden" name="form" value="${flow.form!}">
    <table><thead><tr>${
    [words.client, words.rights, words.created, words.used, ""].map((head) =>
      markup`<th>${head}</th>`
    )
  }</tr></thead><tbody>${rows}</tbody></table>
    <p>${button("all", words.endAll)}</p></form>`;
  const body = flow.account === undefined
    ? markup`<p>${words.noAccount}</p>`
    : rows.length === 0
    ? markup`<p>${words.noSessions}</p>`
    : table;
  return page({ language, title: words.sessions, body });
}

/**
 * The page for a problem.
 *
 * @param detail What a developer needs to know; it repeats no secret.
 */
export function problemPage(
  language: Language,
  problem: keyof SignInWords["problems"],
  status: number,
  detail = "",
): Promise<Response> {
  const words = signInWords[language];
  const body = markup`<p role="alert">${words.problems[problem]}</p>${
    detail === "" ? undefined : markup`<p><code>${detail}</code></p>`
  }`;
  return page({ language, title: words.failed, body, status });
}

function showTime(seconds: number, language: Language): string {
  return new Date(seconds * 1000).toLocaleString(
    language === "id" ? "id-ID" : "en-GB",
    { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" },
  ) + " UTC";
}

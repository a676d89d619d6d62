/**
 * Redacts sentences from Qontak and from our tools for a report that anyone may
 * read. The redaction of logs recognizes secrets by pattern, but not people's
 * names. Here, only words on a short list and the keys of the API are kept.
 *
 * @module
 */
import { allEndpoints } from "./kinds.ts";

/** Words in error messages that cannot be names. */
const WORDS =
  `a an the is are was were be been has have had not no nothing none cannot
can't couldn't doesn't isn't could must should and or of in on at to for from
by with without than as it its this that these such one two only both already
again before after while where when because until since also too many more less
least most invalid valid blank empty missing required needed given found find
wrong unknown unauthorized forbidden unprocessable entity bad request requests
internal server gateway timeout timed service unavailable error errors failed
failure validation refused rejected answered accepted sent changed read written
check checked problem problems takes take took taken exists exist duplicate
unique longer shorter larger smaller greater format type types value values
field fields key keys record records id ids option options choice choices list
lists number numbers text date dates name names email phone url token tokens
access refresh grant expired revoked used user users owner owners team teams
permission permissions allowed stage stages pipeline pipelines contact contacts
lead leads person company companies deal deals ticket tickets task tasks note
notes product products association associations category categories qontak
qontak's api json html page body answer connection network reached broke try
status http invalid_grant invalid_client invalid_request invalid_token
unauthorized_client create update delete created updated deleted get post put`;

/** HTTP statuses and digits, which cannot be groups of a phone number. */
const NUMBERS = /^([1-9]|400|401|403|404|409|422|429|50[0-4])$/;

/** The longest text that is kept, in characters. */
const LONGEST = 240;

const known = new Set([
  ...WORDS.split(/\s+/),
  ...allEndpoints.flatMap(({ body, query, path }) => [
    ...Object.keys(body),
    ...query,
    ...path.split(/[/:]/),
  ]),
]);

/** Replaces everything that is not known to be harmless with `…`. */
export function redact(text: string): string {
  const kept = text
    // Text in quotation marks may be anything that a person wrote.
    .replace(/"[^"]*"|“[^”]*”/g, "…")
    .replace(
      /[\p{L}\p{N}_'’@.+-]*[\p{L}\p{N}_@][\p{L}\p{N}_'’@+-]*/gu,
      (word) => {
        const plain = word.replaceAll("’", "'").toLowerCase();
        return known.has(plain) || NUMBERS.test(plain) ? word : "…";
      },
    )
    .replace(/…([^\p{L}\p{N}]*…)+/gu, "…")
    .replace(/\s+/g, " ")
    .trim();
  return kept.length > LONGEST ? `${kept.slice(0, LONGEST)}…` : kept;
}

/**
 * What the API answers: Qontak's envelope, its pages and its refusals.
 *
 * @module
 */

import { toIso } from "./time.ts";

/** What a handler returns; the caller wraps it in the envelope. */
export interface Answer {
  /** Becomes `response`. Absent: the answer is `meta` alone. */
  readonly response?: unknown;
  /** Pagination keys, which Qontak puts beside `meta`. */
  readonly page?: Readonly<Record<string, number>>;
}

/** Why a request is refused: an HTTP status and a text for the developer. */
export class Refusal extends Error {
  /** The HTTP status. */
  readonly status: number;

  /** Makes a refusal; `message` becomes `developer_message`. */
  constructor(status: number, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
  }
}

/** The record does not exist. The text was seen in real traffic. */
export function notFound(): Refusal {
  return new Refusal(404, "Couldn't find record with that ID");
}

const TYPES: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** The reason phrase of an HTTP status, as `meta.type` has it. */
export function typeOf(status: number): string {
  return TYPES[status] ?? "Error";
}

/** How an envelope differs from the usual one. */
export interface EnvelopeStyle {
  /** `meta.timestamp` in unix seconds, as products have it. */
  readonly unixTimestamp?: boolean;
  /** `meta.log_id` with the suffix seen in real traffic. */
  readonly observed?: boolean;
}

/**
 * Qontak's `meta`. Success and 404 are known; the text of other statuses is
 * assumed.
 */
export function meta(
  status: number,
  message: string,
  style: EnvelopeStyle = {},
): Record<string, unknown> {
  const now = Date.now();
  return {
    status,
    type: typeOf(status),
    error_code: null,
    info: `https://developers.qontak.com/docs/api/response-codes#${status}`,
    developer_message: message,
    message: status === 200 ? message : typeOf(status),
    timestamp: style.unixTimestamp ? Math.floor(now / 1000) : toIso(now),
    log_id: crypto.randomUUID() + (style.observed ? "rails5" : ""),
  };
}

/** A JSON response. */
export function json(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
}

/** The envelope of a success. Creating answers 200 too, never 201. */
export function success(answer: Answer, style: EnvelopeStyle = {}): Response {
  const { response, page } = answer;
  return json({
    meta: meta(200, "Success", style),
    ...(response === undefined ? {} : { response }),
    ...page,
  });
}

/**
 * The envelope of a refusal. A soft one is HTTP 200 with the status in `meta`,
 * as Qontak's OpenAPI shows it for products.
 */
export function refusal(
  { status, message }: Refusal,
  style: EnvelopeStyle & { readonly soft?: boolean } = {},
): Response {
  const said = meta(status, message, style);
  if (!style.soft) return json({ meta: said }, status);
  const { info } = meta(200, message);
  return json({ meta: { ...said, error_code: status, info } });
}

/** The names of the pagination keys. */
export interface PageKeys {
  /** The number of this page, from 1. */
  readonly page: string;
  /** How many pages there are. */
  readonly totalPage: string;
  /** How many records this page has. */
  readonly currentData: string;
  /** How many records all pages have. */
  readonly totalData: string;
}

/** The keys of contacts, companies, deals, tasks, tickets and geolocations. */
export const PAGE_KEYS: PageKeys = {
  page: "page",
  totalPage: "total_page",
  currentData: "current_data",
  totalData: "total_data",
};

/** The keys of products and product lines. */
export const PRODUCT_PAGE_KEYS: PageKeys = {
  page: "current_page",
  totalPage: "total_page",
  currentData: "total_current_data",
  totalData: "total_data",
};

function positive(text: string | null, otherwise: number): number {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : otherwise;
}

/**
 * Cuts a page out of a list by `page` (from 1) and `per_page` (25). Qontak
 * documents no maximum; a number it cannot use counts as absent (assumed), and
 * one above `most` as `most`.
 */
export function paginate<T>(
  records: readonly T[],
  query: URLSearchParams,
  keys: PageKeys = PAGE_KEYS,
  most = Infinity,
): { readonly records: T[]; readonly page: Record<string, number> } {
  const page = positive(query.get("page"), 1);
  const size = Math.min(positive(query.get("per_page"), 25), most);
  const shown = records.slice((page - 1) * size, page * size);
  return {
    records: shown,
    page: {
      [keys.page]: page,
      [keys.totalPage]: Math.ceil(records.length / size),
      [keys.currentData]: shown.length,
      [keys.totalData]: records.length,
    },
  };
}

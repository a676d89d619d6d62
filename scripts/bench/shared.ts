/**
 * What the parts of the benchmark agree on.
 *
 * @module
 */

/** Where tokens are granted. */
export const TOKEN_PATH = "/oauth/token";

/** What the upstream says of itself. */
export interface Upstream {
  /** Its address. */
  readonly url: string;
  /** The id of the deal with many custom fields. */
  readonly deal: number;
  /** A refresh token. */
  readonly token: string;
}

/** What a subject serves, and for which upstream. */
export interface SubjectOptions extends Upstream {
  /** The tools of the SDK's handler, so that its list has the same bytes. */
  readonly tools: readonly unknown[];
}

/** What a subject has used so far. */
export interface Usage {
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** Computing time of the process, in ms. */
  readonly cpu: number;
}

/** Where a subject says what it has used. */
export const USAGE_PATH = "/_usage";

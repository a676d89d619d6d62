/**
 * The resources that the sandbox answers for. A new one is a file here and a
 * line in this list.
 *
 * @module
 */

import type { Resource } from "../router.ts";
import { deals } from "./deals.ts";
import { pipelines } from "./pipelines.ts";

/** Every resource. */
export const resources: readonly Resource[] = [deals, pipelines];

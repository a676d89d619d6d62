/**
 * The whole tenant, made from a seed.
 *
 * @module
 */

import { createRandom } from "../random.ts";
import type { Records, World } from "../records.ts";
import { DEAL_TEMPLATE } from "./deal_template.ts";
import { createDeals } from "./deals.ts";
import { createCompanies, createContacts, createProducts } from "./people.ts";
import { PIPELINES, STAGES, USERS } from "./tenant.ts";

/** Makes the tenant's data. The same seed makes the same data. */
export function createWorld(seed: number): World {
  const random = createRandom(seed);
  let last = 61_200_000;
  const nextId = (): number => ++last;
  const companies = createCompanies(random);
  const contacts = createContacts(random, companies);
  const products = createProducts(random);
  const associations: Records = new Map();
  const notes: Records = new Map();
  const around = {
    companies,
    contacts,
    products,
    associations,
    notes,
    nextId,
  };
  const deals = createDeals(random, around);
  return {
    ...around,
    deals,
    users: USERS,
    pipelines: PIPELINES,
    stages: STAGES,
    dealTemplate: DEAL_TEMPLATE,
  };
}

/**
 * The whole tenant, made from a seed.
 *
 * @module
 */

import { createRandom } from "../random.ts";
import type { Records, World } from "../records.ts";
import { completeCompanies } from "./companies.ts";
import { completeContacts } from "./contacts.ts";
import { DEAL_TEMPLATE } from "./deal_template.ts";
import { addDeals, createDeals } from "./deals.ts";
import { createGeolocations } from "./geolocations.ts";
import { addNotes } from "./notes.ts";
import {
  addContacts,
  createCompanies,
  createContacts,
  createProducts,
} from "./people.ts";
import { completeLines, completeProducts } from "./products.ts";
import { createTaskCategories, createTasks } from "./tasks.ts";
import { createTickets } from "./tickets.ts";
import { PIPELINES, STAGES, USERS } from "./tenant.ts";

/** How much there is; what is there by default stays as it is. */
export interface Size {
  /** How many deals. */
  readonly deals?: number;
  /** How many contacts. */
  readonly contacts?: number;
}

/** Makes the tenant's data. The same seed and size make the same data. */
export function createWorld(seed: number, size: Size = {}): World {
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
  completeProducts(createRandom(seed + 101), products);
  completeLines(createRandom(seed + 102), deals, around);
  const taskCategories = createTaskCategories();
  const tasks = createTasks(createRandom(seed + 103), deals, around);
  const geolocations = createGeolocations(createRandom(seed + 104));
  completeCompanies(createRandom(seed + 201), companies, nextId);
  const companyIds = [...companies.keys()];
  completeContacts(createRandom(seed + 202), contacts, companyIds, nextId);
  addNotes(createRandom(seed + 203), around);
  const tickets = createTickets(createRandom(seed + 204), { ...around, tasks });
  addContacts(
    createRandom(seed + 301),
    contacts,
    companies,
    size.contacts ?? 0,
  );
  addDeals(createRandom(seed + 302), deals, around, size.deals ?? 0);
  return {
    ...around,
    deals,
    tasks,
    tickets,
    taskCategories,
    geolocations,
    users: USERS,
    pipelines: PIPELINES,
    stages: STAGES,
    dealTemplate: DEAL_TEMPLATE,
  };
}

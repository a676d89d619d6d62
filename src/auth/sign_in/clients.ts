/**
 * The clients: programs that ask a person for access. A client names itself
 * with the address of its own metadata document (Client ID Metadata Documents),
 * or registers (RFC 7591). No client has a secret: PKCE and the redirect URI
 * protect its codes.
 *
 * @module
 */
import { DocumentError } from "../../net/public_document.ts";
import { createLru } from "../../storage/lru.ts";
import { isObject, parseJson } from "../../values/json.ts";
import { visible } from "../../values/visible.ts";
import { isRedirectUri, OAuthProblem } from "./protocol.ts";
import { randomLetters } from "./issued.ts";
import type { Records } from "./store.ts";

/** A client. */
export interface Client {
  /** Its id. */
  readonly id: string;
  /** What it calls itself. */
  readonly name: string;
  /**
   * The host that proves who it is: that of its metadata document. A registered
   * client has none.
   */
  readonly host?: string;
  /** Where it may receive codes. */
  readonly redirect_uris: readonly string[];
}

/** How long a registered client that nobody allowed is kept, in ms. */
const UNUSED = 86_400_000;

/** How long it is kept after a person allowed it, in ms. */
const USED = 120 * 86_400_000;

/** How long the document of a client is used before it is read again, in ms. */
const FRESH = 600_000;

/** How many documents are kept in memory. */
const DOCUMENTS = 1_000;

/** The longest name of a client, in characters. */
const LONGEST_NAME = 80;

/** The most redirect URIs of a client. */
const MOST_URIS = 10;

/** What finds clients and registers them. */
export interface Clients {
  /**
   * Finds a client.
   *
   * @throws {OAuthProblem} When there is no such client.
   */
  find(id: string): Promise<Client>;
  /**
   * Registers a client.
   *
   * @param metadata What the client sent.
   * @returns The answer to it.
   * @throws {OAuthProblem} When the metadata is not acceptable.
   */
  register(metadata: unknown): Promise<Record<string, unknown>>;
  /** Keeps a registered client longer, because a person allowed it. */
  keep(id: string): Promise<void>;
}

/** Settings of {@linkcode createClients}. */
export interface ClientsOptions {
  /** Where registered clients are kept. */
  readonly records: Records<Client>;
  /** Reads the metadata document at an address. */
  readonly readDocument: (address: string) => Promise<string>;
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

/**
 * Makes it.
 *
 * @param options Where clients are kept.
 */
export function createClients(
  { records, readDocument, now }: ClientsOptions,
): Clients {
  const documents = createLru<{ readonly client: Client; readonly at: number }>(
    DOCUMENTS,
  );

  async function readClient(id: string): Promise<Client> {
    const known = documents.get(id);
    if (known && now() - known.at < FRESH) return known.client;
    const client = parseDocument(id, await readDocument(id));
    documents.set(id, { client, at: now() });
    return client;
  }

  return {
    async find(id) {
      if (/^https?:/i.test(id)) {
        try {
          return await readClient(id);
        } catch (error) {
          if (!(error instanceof DocumentError)) throw error;
          throw new OAuthProblem(
            "invalid_client",
            `The metadata document of this client cannot be used: ${error.message}`,
          );
        }
      }
      const client = isRegistrationId(id) ? await records.get(id) : undefined;
      if (client) return client;
      throw new OAuthProblem(
        "invalid_client",
        "This client is not registered here, or its registration has ended: register again",
      );
    },

    async register(metadata) {
      const { name, redirect_uris } = readMetadata(metadata);
      const client: Client = { id: randomLetters(32), name, redirect_uris };
      await records.put(client.id, client, UNUSED);
      return {
        client_id: client.id,
        client_id_issued_at: Math.floor(now() / 1000),
        client_name: name,
        redirect_uris,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
      };
    },

    async keep(id) {
      const client = isRegistrationId(id) ? await records.get(id) : undefined;
      if (client) await records.put(id, client, USED);
    },
  };
}

/** Whether an id has the form of those that this server gives. */
function isRegistrationId(id: string): boolean {
  return /^[a-z2-7]{32}$/.test(id);
}

/**
 * Reads the metadata of a client that registers.
 *
 * @throws {OAuthProblem} When it is not acceptable.
 */
function readMetadata(
  metadata: unknown,
): Pick<Client, "name" | "redirect_uris"> {
  const { client_name, redirect_uris }: Record<string, unknown> =
    isObject(metadata) ? metadata : {};
  const uris: readonly unknown[] = Array.isArray(redirect_uris)
    ? redirect_uris
    : [];
  if (
    uris.length === 0 || uris.length > MOST_URIS || !uris.every(isRedirectUri)
  ) {
    throw new OAuthProblem(
      "invalid_redirect_uri",
      `redirect_uris needs 1 to ${MOST_URIS} addresses: https, http on this person's own machine, or the scheme of a program, without a fragment`,
    );
  }
  const given = typeof client_name === "string" ? client_name.trim() : "";
  // A name cannot hide characters that change how the page reads.
  const name = visible(given.slice(0, LONGEST_NAME)) ||
    "A client without a name";
  return { name, redirect_uris: uris.filter(isRedirectUri) };
}

/**
 * Reads a client from its metadata document.
 *
 * @throws {DocumentError} With a phrase that says what is wrong.
 */
function parseDocument(id: string, text: string): Client {
  const document = parseJson(text);
  if (!isObject(document)) throw new DocumentError("it is not a JSON object");
  if (document.client_id !== id) {
    throw new DocumentError("its client_id is another address");
  }
  const { token_endpoint_auth_method: method = "none" } = document;
  if (method !== "none" || "client_secret" in document) {
    throw new DocumentError(
      "its token_endpoint_auth_method is not none, and others are not supported",
    );
  }
  try {
    return { id, host: new URL(id).hostname, ...readMetadata(document) };
  } catch (error) {
    throw new DocumentError((error as Error).message);
  }
}

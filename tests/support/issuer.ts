/**
 * An authorization server on loopback, as far as a resource server needs it:
 * its metadata by RFC 8414 and by OpenID, and its keys. It signs any token for
 * a test, records its requests, and can fail.
 *
 * @module
 */
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";

/** A key pair, as JWKs without a name or an algorithm. */
interface Pair {
  readonly publicKey: JWK;
  readonly privateKey: JWK;
}

/** A key of an issuer. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  /** The public part. */
  readonly publicKey: JWK;
  /** The part that signs. */
  readonly privateKey: JWK;
}

/** How a token is signed. */
export interface Signing {
  /** The key; by default the newest one. */
  readonly key?: IssuerKey;
  /**
   * Header parameters in addition to `alg` and `kid`; undefined ones are
   * omitted.
   */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** An answer instead of the right one; undefined for the right one. */
export type Fault = (
  path: string,
) => Response | Promise<Response> | undefined;

/** Settings of {@linkcode startIssuer}. */
export interface IssuerOptions {
  /** The path in its name, such as `/realms/acme`. */
  readonly path?: string;
  /** The path of its metadata; by default that of OpenID. */
  readonly metadata?: "oauth" | "openid";
}

/** An issuer that is serving. */
export interface Issuer extends AsyncDisposable {
  /** Its name. */
  readonly url: string;
  /** The requested paths, in order. */
  readonly requests: string[];
  /** The published keys, the newest one last. */
  readonly keys: IssuerKey[];
  /** Its wrong answers. */
  fault: Fault | undefined;
  /** Changes to its metadata. */
  overrides: Readonly<Record<string, unknown>>;
  /** The number of requests for its keys. */
  reads(): number;
  /** Publishes another key and signs with it from now on. */
  addKey(alg?: string, kid?: string): Promise<IssuerKey>;
  /** Signs a token with these claims and those that every token has. */
  sign(
    claims?: Readonly<Record<string, unknown>>,
    signing?: Signing,
  ): Promise<string>;
  /** Stops listening, and keeps its name. */
  stop(): Promise<void>;
  /** Listens again at the same address. */
  start(): void;
}

/** The paths of the metadata and the keys, below the issuer's path. */
const KEYS = "/keys";

/** RSA keys take long to make, and work with every RSA algorithm. */
let rsa: Promise<Pair> | undefined;

async function makePair(alg: string): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair(alg, {
    extractable: true,
  });
  return {
    publicKey: await exportJWK(publicKey),
    privateKey: await exportJWK(privateKey),
  };
}

/**
 * Makes a key for an algorithm. All RSA keys differ only in their names.
 *
 * @param alg The algorithm, such as ES256.
 * @param kid The key's name.
 */
export async function makeKey(alg: string, kid: string): Promise<IssuerKey> {
  const { publicKey, privateKey } =
    await (/^[RP]S/.test(alg) ? rsa ??= makePair("RS256") : makePair(alg));
  return {
    kid,
    alg,
    publicKey: { ...publicKey, kid, alg, use: "sig" },
    privateKey: { ...privateKey, alg },
  };
}

/** The time, in seconds since 1970. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/**
 * Starts an issuer with one key for ES256.
 *
 * @param options Its name, and the path of its metadata.
 */
export async function startIssuer(
  { path = "", metadata = "openid" }: IssuerOptions = {},
): Promise<Issuer> {
  const requests: string[] = [];
  const keys: IssuerKey[] = [];
  const place = path.replace(/\/$/, "");
  const metadataPath = metadata === "oauth"
    ? `/.well-known/oauth-authorization-server${place}`
    : `${place}/.well-known/openid-configuration`;

  async function handle(request: Request): Promise<Response> {
    const { pathname, origin } = new URL(request.url);
    requests.push(pathname);
    const wrong = await issuer.fault?.(pathname);
    if (wrong) return wrong;
    if (pathname === metadataPath) {
      return Response.json({
        issuer: issuer.url,
        authorization_endpoint: `${issuer.url}/authorize`,
        token_endpoint: `${issuer.url}/token`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
        code_challenge_methods_supported: ["S256"],
        jwks_uri: `${origin}${place}${KEYS}`,
        ...issuer.overrides,
      });
    }
    return pathname === place + KEYS
      ? Response.json({ keys: keys.map(({ publicKey }) => publicKey) })
      : new Response("Nothing is here", { status: 404 });
  }

  const serve = (port: number) =>
    Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, handle);
  let server = serve(0);
  const { port } = server.addr;

  const issuer: Issuer = {
    url: `http://127.0.0.1:${port}${path}`,
    requests,
    keys,
    fault: undefined,
    overrides: {},
    reads: () => requests.filter((one) => one === place + KEYS).length,
    async addKey(alg = "ES256", kid = `key-${crypto.randomUUID()}`) {
      const key = await makeKey(alg, kid);
      keys.push(key);
      return key;
    },
    async sign(claims = {}, { key = keys.at(-1)!, header = {} } = {}) {
      const signed = new SignJWT({
        iss: issuer.url,
        aud: "https://crm.example.com/mcp",
        sub: "somebody",
        iat: seconds(),
        exp: seconds() + 600,
        qontak_tenants: ["acme"],
        scope: "qontak:read",
        ...claims,
      }).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header });
      return await signed.sign(await importJWK(key.privateKey, key.alg), {
        crit: { "x-unheard-of": true },
      });
    },
    stop: () => server.shutdown(),
    start() {
      server = serve(port);
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  await issuer.addKey();
  return issuer;
}

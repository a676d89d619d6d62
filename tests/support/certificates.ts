/**
 * Certificates for servers on loopback, made by openssl.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

/** Why there can be no certificates; empty if there can. */
export const noOpenssl: string = await isThere()
  ? ""
  : "openssl is not on PATH";

async function isThere(): Promise<boolean> {
  try {
    // Older versions have no flag for it, but all know `version`.
    const { success } = await new Deno.Command("openssl", {
      args: ["version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

/**
 * Makes a certificate for loopback in cert.pem with its key in key.pem, by an
 * authority in ca.pem.
 *
 * @param dir Where the files go.
 */
export async function makeCertificates(dir: string): Promise<void> {
  await Deno.writeTextFile(
    `${dir}/ext`,
    "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
  );
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  for (
    const command of [
      `req -x509 ${key} -days 2 -subj /CN=tests -keyout ca.key -out ca.pem`,
      `req ${key} -subj /CN=localhost -keyout key.pem -out request.pem`,
      "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out cert.pem",
    ]
  ) {
    await openssl(dir, command);
  }
}

/** What a certificate is good for. */
export interface Validity {
  /** The host, such as `IP:127.0.0.1` or `DNS:example.com`. */
  readonly host: string;
  /** When it begins to be valid, such as `20200101000000Z`. */
  readonly from: string;
  /** When it ends. */
  readonly until: string;
}

/** The settings of a small authority. */
const AUTHORITY = `[ca]
default_ca=tests
[tests]
new_certs_dir=.
database=index.txt
rand_serial=yes
default_md=sha256
policy=any
[any]
commonName=supplied
`;

/**
 * Makes a certificate with the authority of {@linkcode makeCertificates}, which
 * must have made its files before.
 *
 * @param dir Where the files are.
 * @param validity The host and the time that it is for.
 * @returns The certificate and its key, as PEM.
 */
export async function issueCertificate(
  dir: string,
  { host, from, until }: Validity,
): Promise<{ readonly cert: string; readonly key: string }> {
  await Promise.all([
    Deno.writeTextFile(`${dir}/authority`, AUTHORITY),
    Deno.writeTextFile(`${dir}/index.txt`, ""),
    Deno.writeTextFile(
      `${dir}/ext`,
      `subjectAltName=${host}\nbasicConstraints=CA:FALSE\n`,
    ),
  ]);
  const signing =
    "ca -batch -config authority -cert ca.pem -keyfile ca.key -notext";
  await openssl(
    dir,
    `${signing} -in request.pem -startdate ${from} -enddate ${until} -extfile ext -out issued.pem`,
  );
  return {
    cert: await Deno.readTextFile(`${dir}/issued.pem`),
    key: await Deno.readTextFile(`${dir}/key.pem`),
  };
}

async function openssl(dir: string, command: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args: command.split(" "),
    cwd: dir,
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
}

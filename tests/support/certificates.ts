/**
 * Certificates for servers on loopback, made by openssl.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

/** Why there can be no certificates; empty where there can. */
export const noOpenssl: string = await isThere()
  ? ""
  : "openssl is not on PATH";

async function isThere(): Promise<boolean> {
  try {
    // It knows `version`, and older ones no flag for it.
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
    const { success, stderr } = await new Deno.Command("openssl", {
      args: command.split(" "),
      cwd: dir,
      stderr: "piped",
    }).output();
    assertEquals(success, true, new TextDecoder().decode(stderr));
  }
}

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createSandbox, SANDBOX_PASSWORD } from "../../src/sandbox/mod.ts";
import { USERS } from "../../src/sandbox/data/tenant.ts";

const HOST = "http://127.0.0.1";
const ASKED = new URLSearchParams({
  client_id: "mine",
  redirect_uri: "http://127.0.0.1:9/callback",
  response_type: "code",
  scope: "crm",
  state: "s<1>",
});

/** A browser without scripts at a sandbox. */
function browser() {
  const sandbox = createSandbox({ clientId: "mine", clientSecret: "s" });
  let cookie = "";
  return {
    sandbox,
    async open(path: string, form?: Record<string, string>) {
      const response = await sandbox.fetch(`${HOST}${path}`, {
        method: form ? "POST" : "GET",
        headers: { accept: "text/html", cookie },
        ...form && {
          body: new URLSearchParams({ ...Object.fromEntries(ASKED), ...form }),
        },
      });
      cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
      const location = response.headers.get("location") ?? "";
      return { status: response.status, location, text: await response.text() };
    },
  };
}

Deno.test("createSandbox() gives a code for the person who signed in and agreed", async () => {
  const { sandbox, open } = browser();
  const third = USERS[2]!;
  const asks = `/oauth/authorize?${ASKED}`;
  assertStringIncludes((await open(asks)).text, 'name="password"');
  const wrong = await open("/users/sign_in", {
    email: third.email,
    password: "wrong",
  });
  assertEquals(wrong.status, 401);
  const right = await open("/users/sign_in", {
    email: third.email,
    password: SANDBOX_PASSWORD,
  });
  assertEquals([right.status, right.location], [303, asks]);
  const page = await open(right.location);
  assertStringIncludes(page.text, third.name);
  assertStringIncludes(page.text, 'value="s&lt;1&gt;"');
  const allowed = await open("/oauth/authorize", { decision: "allow" });
  const code = new URL(allowed.location).searchParams.get("code")!;
  const granted = await sandbox.fetch(`${HOST}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: "mine",
      client_secret: "s",
      redirect_uri: ASKED.get("redirect_uri")!,
      code,
    }),
  });
  const { access_token } = await granted.json();
  const info = await sandbox.fetch(`${HOST}/oauth/token/info`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  assertEquals((await info.json()).resource_owner_id, third.id);
  // The log has no password.
  assertEquals(
    JSON.stringify(sandbox.requests).includes(SANDBOX_PASSWORD),
    false,
  );
});

Deno.test("createSandbox() tells the application that a person refused", async () => {
  const { open } = browser();
  const form = { email: USERS[0]!.email, password: SANDBOX_PASSWORD };
  await open("/users/sign_in", form);
  const { location } = await open("/oauth/authorize", { decision: "deny" });
  assertMatch(location, /^http:\/\/127\.0\.0\.1:9\/callback\?/);
  const told = new URL(location).searchParams;
  assertEquals([told.get("error"), told.get("state")], [
    "access_denied",
    "s<1>",
  ]);
  assertEquals(told.has("code"), false);
});

Deno.test("createSandbox() gives no code to a browser that is not signed in", async () => {
  const { open } = browser();
  const answered = await open("/oauth/authorize", { decision: "allow" });
  assertEquals([answered.status, answered.location], [200, ""]);
});

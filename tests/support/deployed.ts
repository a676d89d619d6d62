/**
 * The deploy entry as Deno Deploy starts it, according to Deno's documentation:
 * with its variables, all permissions, no flags, and an address from the host.
 *
 * @module
 */
import { sha256 } from "../../src/storage/hash.ts";
import {
  type HttpProcess,
  preloading,
  running,
  startServing,
} from "./process.ts";

/** The variables that Deno Deploy sets in every app. */
export const HOST: Readonly<Record<string, string>> = {
  DENO_DEPLOY: "true",
  DENO_DEPLOY_ORGANIZATION_ID: "0e0f4c53-7d2b-4b5c-9a55-5f6f3a1d8c11",
  DENO_DEPLOY_ORGANIZATION_SLUG: "an-organization",
  DENO_DEPLOY_APPLICATION_ID: "5f1c1d0e-93a4-4d0c-8f43-0d6b5a0e7b22",
  DENO_DEPLOY_APPLICATION_SLUG: "an-app",
  DENO_DEPLOY_BUILD_ID: "a0b1c2d3e4f5",
  DENO_DEPLOYMENT_ID: "0a1b2c3d4e5f",
  DENO_TIMELINE: "production",
  DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0",
};

/**
 * The variables with which deno says that no database is attached, as on Deno
 * Deploy.
 */
export const NO_DATABASE: Readonly<Record<string, string>> = {
  DENO_KV_REQUIRES_DISTRIBUTED_DATABASE: "error",
};

/** How the entry is started. */
export interface DeployOptions {
  /** The deno that runs it; by default that of the tests. */
  readonly deno?: string;
  /** Arguments before the entry, such as WITH_KV. */
  readonly args?: readonly string[];
  /** The file that runs; by default the entry itself. */
  readonly entry?: string;
  /** A script that runs before it in the same process. */
  readonly preload?: string;
}

/** Starts the deploy entry and waits until it listens. */
export async function startDeployed(
  env: Readonly<Record<string, string>>,
  { deno = Deno.execPath(), args = [], entry = "src/deploy.ts", preload }:
    DeployOptions = {},
): Promise<HttpProcess> {
  const all = preloading(await running(entry, ...args), preload);
  return await startServing(deno, all, { ...HOST, ...env });
}

/**
 * An entry of MCP_API_KEYS.
 *
 * @param key The key.
 * @param rest What follows its hash, such as `:acme:read`.
 */
export async function keyEntry(key: string, rest = ""): Promise<string> {
  return await sha256(key) + rest;
}

/** The headers of a caller with a credential. */
export const bearer = (credential: string): Record<string, string> => ({
  authorization: `Bearer ${credential}`,
});

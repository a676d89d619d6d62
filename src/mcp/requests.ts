/**
 * Requests in the forms that clients really send: some send null or JSON text
 * for arguments, or no revision.
 *
 * @module
 */
import { readWrapped } from "../values/wrapped.ts";
import { isObject, type JsonObject } from "../values/json.ts";
import { LATEST_REVISION } from "./protocol.ts";

/**
 * Brings a message or a batch into the form of the protocol, where it is clear
 * what is meant.
 *
 * @param value What was sent, as JSON.
 * @returns The same if there is nothing to change.
 */
export function asMeant(value: unknown): unknown {
  return Array.isArray(value)
    ? withoutCancelled(value.map(readOne))
    : readOne(value);
}

/**
 * A batch without the requests that it cancels itself. The SDK would never
 * answer them, and so never end the answer to the batch.
 */
function withoutCancelled(batch: readonly unknown[]): readonly unknown[] {
  const cancelled = new Set(
    batch.map((message) =>
      isObject(message) && message.method === "notifications/cancelled" &&
        isObject(message.params)
        ? message.params.requestId
        : undefined
    ),
  );
  return batch.filter((message) =>
    !isObject(message) || message.id === undefined || !cancelled.has(message.id)
  );
}

function readOne(message: unknown): unknown {
  if (!isObject(message) || typeof message.method !== "string") return message;
  const { params, ...others } = message;
  if (message.method === "initialize") {
    return { ...others, params: readHandshake(params ?? {}) };
  }
  if (params === null) return others;
  if (isObject(params) && isAsMeant(params)) return message;
  return isObject(params) ? { ...others, params: readParams(params) } : message;
}

/** Whether there is nothing to change in the params of a request. */
function isAsMeant({ _meta, cursor, arguments: args }: JsonObject): boolean {
  return _meta !== null && cursor !== null &&
    (args === undefined || isObject(args));
}

/** The params of a request, without what clients send for nothing. */
function readParams(params: JsonObject): JsonObject {
  const args = readArguments(params.arguments);
  return {
    ...without(params, "_meta", "cursor", "arguments"),
    ...(args === undefined ? {} : { arguments: args }),
  };
}

function readArguments(value: unknown): unknown {
  if (value === null) return undefined;
  return typeof value === "string" && value.trim() === ""
    ? undefined
    : readWrapped(value);
}

/** Removes keys whose value is null, or arguments in any case. */
function without(params: JsonObject, ...names: string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(params).filter(([name, value]) =>
      name !== "arguments" && !(value === null && names.includes(name))
    ),
  );
}

/** The first message of a client, with what it must have. */
function readHandshake(params: unknown): unknown {
  if (!isObject(params)) return params;
  const { protocolVersion, capabilities, clientInfo, ...others } = params;
  const { name, version, ...about } = isObject(clientInfo) ? clientInfo : {};
  return {
    ...others,
    protocolVersion: protocolVersion ?? LATEST_REVISION,
    capabilities: capabilities ?? {},
    clientInfo: clientInfo === undefined || clientInfo === null ||
        isObject(clientInfo)
      ? { ...about, name: name ?? "unknown", version: version ?? "0" }
      : clientInfo,
  };
}

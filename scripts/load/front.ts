/**
 * What stands in front of Qontak's records and can die without them: hands on
 * connections to another port, until it is killed. `front.ts PORT TARGET`
 *
 * @module
 */
import { startRelay } from "../../src/sandbox/relay.ts";

const [port, target] = Deno.args.map(Number);
const listener = Deno.listen({ hostname: "127.0.0.1", port: port! });
startRelay(listener, target!);
// deno-lint-ignore no-console -- whoever started it reads this
console.log(`http://127.0.0.1:${listener.addr.port}`);

/**
 * Remembers when the answers to HTTP requests are delivered, if the host says
 * it.
 *
 * @module
 */

const deliveries = new WeakMap<Request, Promise<void>>();

/**
 * Notes when the answer to a request is delivered.
 *
 * @param request The request.
 * @param completed Settles when the client has the whole answer, or is gone.
 */
export function noteDelivery(
  request: Request,
  completed: Promise<void>,
): void {
  deliveries.set(request, completed);
}

/** When the answer to a request is delivered; undefined if it is not known. */
export function deliveryOf(request: Request): Promise<void> | undefined {
  return deliveries.get(request);
}

// Loaded before a server (`node --import`): what would listen on 127.0.0.n listens on 127.77.0.n, or on the network that
// CONFDIT_TEST_NETWORK names. So a second server with the same configuration and the same sources runs beside the first one, and
// neither is in the way of the other.

import { Server } from 'node:net';

const { listen } = Server.prototype;

const network = process.env.CONFDIT_TEST_NETWORK ?? '127.77.0.';
const places = { '0.0.0.0': `${network}99`, '::': `${network}99`, '::1': `${network}98` };

/** @param {string | undefined} host */
function elsewhere(host) {
  return places[host] ?? host?.replace(/^127\.0\.0\./, network);
}

Server.prototype.listen = function (place, ...rest) {
  const isOnNetwork = typeof place === 'object' && place !== null && typeof place.host === 'string';
  return listen.call(this, isOnNetwork ? { ...place, host: elsewhere(place.host) } : place, ...rest);
};

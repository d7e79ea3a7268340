// A real issuer for a test of sign-in: the library's own, with people who do not exist.
// Usage: node issuer.mjs PORT CALLBACK... Each CALLBACK is a redirect address of the hub.
import http from 'node:http';
import Provider from 'oidc-provider';

const [port, ...callbacks] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

// What is said of each; POST /people/NAME changes it.
const people = new Map();

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'hub',
    client_secret: 'a-secret-of-the-test-alone',
    redirect_uris: callbacks,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  }],
  pkce: { required: () => true },
  claims: { openid: ['sub', 'groups', 'staff_id', 'representations'] },
  ttl: { AccessToken: 600, RefreshToken: 600, Session: 600, Grant: 600, IdToken: 600, Interaction: 600 },
  issueRefreshToken: async () => true,
  findAccount: async (_, id) => (people.has(id) ? { accountId: id, claims: async () => ({ sub: id, ...people.get(id) }) } : undefined),
});
provider.on('server_error', (_, error) => console.error(error));

const callback = provider.callback();
http.createServer((request, response) => {
  const name = request.url.match(/^\/people\/([a-z]+)$/)?.[1];
  if (!name) {
    callback(request, response);
    return;
  }
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    people.set(name, JSON.parse(body));
    response.writeHead(204).end();
  });
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));

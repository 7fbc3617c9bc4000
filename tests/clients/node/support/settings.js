/** Where the server is and who its app is, as the harness says; the names are those of a Laravel `.env`. */
const variable = (name) => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run these tests with \`cargo test --test clients\``);
  return value;
};

export const host = variable('PUSHER_HOST');
export const port = Number(variable('PUSHER_PORT'));
export const adminToken = variable('CLAIRON_ADMIN_TOKEN');
export const tls = variable('PUSHER_SCHEME') === 'https';
export const app = {
  id: variable('PUSHER_APP_ID'),
  key: variable('PUSHER_APP_KEY'),
  secret: variable('PUSHER_APP_SECRET'),
};

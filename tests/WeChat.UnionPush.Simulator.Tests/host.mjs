// A host in another language, without any SDK: Node and nothing else. It drives the REST API and WeChat's endpoints, and checks its callback by hand.
// node host.mjs <base address>; exits with 0 when everything held, and says what it saw.

import { createServer } from 'node:http';
import { createHash, createDecipheriv } from 'node:crypto';
import { strict as assert } from 'node:assert';

const base = process.argv[2];
const token = 'a-token-of-node';
const aesKey = 'ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvut';

const pushes = [];
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const query = new URL(request.url, 'http://host').searchParams;
    const sign = (...parts) => createHash('sha1').update([token, query.get('timestamp'), query.get('nonce'), ...parts].sort().join('')).digest('hex');
    if (request.method === 'GET') {
      response.end(query.get('signature') === sign() ? query.get('echostr') : 'no');
      return;
    }

    const encrypted = /<Encrypt><!\[CDATA\[(.*?)\]\]><\/Encrypt>/.exec(Buffer.concat(chunks).toString())[1];
    pushes.push({ isSigned: query.get('msg_signature') === sign(encrypted) && query.get('signature') === sign(), xml: decrypt(encrypted) });
    response.end('success');
  });
});

function decrypt(encrypted) {
  const key = Buffer.from(`${aesKey}=`, 'base64');
  const cipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([cipher.update(encrypted, 'base64'), cipher.final()]);
  const plain = padded.subarray(0, padded.length - padded.at(-1));
  const length = plain.readUInt32BE(16);
  assert.equal(plain.subarray(20 + length).toString(), account.appId, 'the app id stands at the end of the plain text');
  return plain.subarray(20, 20 + length).toString();
}

async function call(method, path, body) {
  const response = await fetch(`${base}${path}`, { method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: HTTP ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

const state = await call('GET', '/api/state');
const account = state.apps.find((app) => app.kind === 'officialAccount');
const miniProgram = state.apps.find((app) => app.kind === 'miniProgram');
const credentials = await call('GET', '/api/credentials');
const secretOf = (appId) => credentials.find((each) => each.appId === appId).appSecret;

await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/callback`;
const set = await call('PUT', `/api/apps/${account.appId}/callback`, { url, token, encodingAesKey: aesKey, mode: 'Safe' });
assert.equal(set.callback.verified, true, 'the URL passes the check of the console');

// Server-sent events, read by hand.
const stream = await fetch(`${base}/api/events`);
const reader = stream.body.getReader();
let heard = '';
const listening = (async () => {
  const decoder = new TextDecoder();
  while (!heard.includes('event: phone')) heard += decoder.decode((await reader.read()).value, { stream: true });
})();

// A person enters the Mini Program, and follows the account.
const person = await call('POST', '/api/people', { name: 'Node' });
const { code } = await call('POST', `/api/people/${person.id}/enter`);
const session = await call('GET', `/sns/jscode2session?appid=${miniProgram.appId}&secret=${secretOf(miniProgram.appId)}&js_code=${code}&grant_type=authorization_code`);
assert.equal(session.openid, person.openIds[miniProgram.appId]);
const followed = await call('POST', `/api/people/${person.id}/follow`);
assert.equal(followed.callbacks[0].state, 'delivered');
assert.equal(followed.callbacks[0].answer, 'success');

// The host joins the two on the UnionID, and sends.
const { access_token: accessToken } = await call('POST', '/cgi-bin/stable_token', { grant_type: 'client_credential', appid: account.appId, secret: secretOf(account.appId) });
const list = await call('GET', `/cgi-bin/user/get?access_token=${accessToken}`);
const infos = await call('POST', `/cgi-bin/user/info/batchget?access_token=${accessToken}`, { user_list: list.data.openid.slice(-100).map((openid) => ({ openid })) });
const openId = infos.user_info_list.find((info) => info.unionid === session.unionid).openid;
const values = { thing1: { value: '巧克力' }, amount2: { value: '39.80元' }, time3: { value: '2026-11-26 15:01' } };
const send = (touser) => call('POST', `/cgi-bin/message/template/send?access_token=${accessToken}`, { touser, template_id: account.templates[0].id, data: values });
const sent = await send(openId);
assert.equal(sent.errcode, 0, sent.errmsg);
await listening;
reader.cancel();

// What the phone shows, what the log says, what was pushed.
const messages = await call('GET', `/api/messages?person=${person.id}&kind=template`);
assert.equal(messages.messages[0].fields[0].value, '巧克力');
const wrong = await send(session.openid);
assert.equal(wrong.errcode, 40003);
const { calls } = await call('GET', '/api/calls?path=/cgi-bin/message/template/send');
assert.equal(calls.at(-1).verdict.code, 'miniProgramOpenId');
assert.equal(calls.at(-1).rid, /rid: (\S+)/.exec(wrong.errmsg)[1]);
for (let i = 0; i < 1200 && !pushes.some((push) => push.xml.includes('TEMPLATESENDJOBFINISH')); i++) await new Promise((resolve) => setTimeout(resolve, 50));
assert.ok(pushes.length >= 2 && pushes.every((push) => push.isSigned), 'every push is signed');
assert.ok(pushes[0].xml.includes('<Event><![CDATA[subscribe]]></Event>') && pushes[0].xml.includes(openId));
assert.ok(pushes.some((push) => push.xml.includes('<Status><![CDATA[success]]></Status>')));

// No secret and no token in anything that the log tells.
const log = JSON.stringify(await call('GET', '/api/calls?limit=5000')) + JSON.stringify(await call('GET', '/api/export'));
for (const secret of [secretOf(account.appId), secretOf(miniProgram.appId), accessToken, session.session_key, code, token, aesKey]) assert.ok(!log.includes(secret), 'the log holds a secret');

server.close();
server.closeAllConnections();
console.log(`held: ${pushes.length} signed pushes`);

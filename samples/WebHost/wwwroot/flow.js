// Leads through the flow: a person enters the Mini Program, buys, follows, buys again, refuses.

const zh = navigator.language.toLowerCase().startsWith('zh');
const t = (chinese, english) => (zh ? chinese : english);
document.documentElement.lang = zh ? 'zh-CN' : 'en';
const of = (id) => document.getElementById(id);
of('title').textContent = t('从小程序用户到服务号消息', 'From a Mini Program user to a message of the Official Account');
of('health').textContent = t('健康检查', 'health');
of('coverage').textContent = t('覆盖率', 'coverage');

async function call(method, path, body, headers = {}) {
  const response = await fetch(path, { method, headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers }, body: body && JSON.stringify(body) });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Error(answer?.detail ?? answer?.title ?? `HTTP ${response.status}`);
  return answer;
}

const person = 0;
let session = null;
let orders = 0;
const act = (name) => call('POST', `simulator/api/people/${person}/${name}`);
const order = async () => {
  if (!session) throw new Error(t('请先完成第 1 步', 'Step 1 comes first'));
  const result = await call('POST', 'orders', { id: `${Date.now()}-${++orders}`, title: '《呼啸山庄》', total: 39.8 }, { Authorization: `Bearer ${session}` });
  return `${result.status}${result.messageId ? ` · msgid ${result.messageId}` : ''}${result.reason ? ` · ${result.reason}` : ''}`;
};

const steps = [
  [t('李雷打开小程序，wx.login 得到 code，交给 /sign-in 换取会话。', 'Li Lei opens the Mini Program; wx.login gives a code, and /sign-in makes a session of it.'), t('打开小程序并登录', 'Open and sign in'), 'POST /sign-in', async () => {
    const { code } = await act('enter');
    const answer = await call('POST', 'sign-in', { code });
    session = answer.session;
    return answer.linked ? t('已登录，UnionID 已知', 'Signed in; the UnionID is known') : t('已登录，没有 UnionID', 'Signed in, without a UnionID');
  }],
  [t('他下单付款。他还没有关注服务号，所以推不到。', 'He pays for an order. He does not follow the Official Account yet, so no message can reach him.'), t('下单', 'Buy'), 'POST /orders', order],
  [t('他关注服务号：平台把事件推到 /wechat/callback，两个身份由 UnionID 关联。', 'He follows the account: the platform pushes the event to /wechat/callback, and the UnionID joins his two identities.'), t('关注', 'Follow'), 'POST /wechat/callback', async () => {
    const { callbacks } = await act('follow');
    return callbacks.length ? callbacks.map((each) => `${each.event}: ${each.state === 'delivered' ? `HTTP ${each.status} ${each.answer}` : each.failure}`).join('; ') : t('他已经关注了', 'He follows already');
  }],
  [t('再下一单：消息卡片出现在右边的手机上。', 'Another order: the card appears on the phone.'), t('再下一单', 'Buy again'), 'POST /orders', order],
  [t('他拒收消息，下一次推送的结果是 Refused。', 'He turns the account’s messages off; the next push ends as Refused.'), t('拒收并下单', 'Refuse, and buy'), 'POST /orders', async () => { await act('refuse'); return order(); }],
];

const { simulated } = await call('GET', 'about');
if (simulated) {
  of('lead').textContent = t('没有配置凭据，平台是模拟的，手机在右边（也可单独打开 /simulator）。按顺序点下面的按钮：', 'There are no credentials, so the platform is simulated; its phone is here, and at /simulator. Go through the steps:');
  of('steps').append(...steps.map(([text, label, address, run]) => {
    const item = document.createElement('li');
    const button = document.createElement('button');
    const output = document.createElement('output');
    const path = document.createElement('code');
    path.textContent = ` ${address}`;
    button.textContent = label;
    button.onclick = async () => {
      button.disabled = true;
      try { output.textContent = `→ ${await run()}`; } catch (error) { output.textContent = `✗ ${error.message}`; }
      button.disabled = false;
    };
    item.append(text, document.createElement('br'), button, path, output);
    return item;
  }));
  const phone = of('phone');
  phone.title = t('模拟手机', 'Simulated phone');
  phone.src = `simulator/#/phone/${person}`;
  phone.hidden = false;
} else {
  of('lead').textContent = t('已配置真实凭据。接口说明见 OpenAPI。', 'Real credentials are configured. OpenAPI describes the routes.');
}

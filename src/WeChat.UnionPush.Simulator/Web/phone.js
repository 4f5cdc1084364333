// The phones: people, their chats, and what they do.

import { h, t, replace, avatar, minuteOf, momentOf, VirtualList, copy, toast, announce } from './ui.js';
import { store, tryCall, call, loadPerson, account, accounts, appName, nowOf, listen } from './store.js';

export const personName = (id) => store.people.get(id)?.name ?? t(`用户 ${id}`, `Person ${id}`);

const noteTexts = {
  entered: () => t('打开了小程序', 'opened the Mini Program'),
  followed: () => t('关注了服务号', 'followed the account'),
  left: () => t('取消关注', 'left the account'),
  refused: () => t('拒收此账号的消息', 'turned the account’s messages off'),
  accepted: () => t('恢复接收消息', 'turned the account’s messages on'),
  scanned: (text) => t(`扫了二维码“${text}”`, `scanned the code “${text}”`),
  allowed: (text) => t(`允许了一次“${text}”`, `allowed “${text}” once`),
  rejected: (text) => t(`拒绝了“${text}”`, `rejected “${text}”`),
  turnedOff: (text) => t(`在设置中关闭了“${text}”`, `turned “${text}” off in the settings`),
};

export const textOf = (entry) => noteTexts[entry.kind]?.(entry.text)
  ?? entry.text ?? [entry.title, ...(entry.fields ?? []).map((field) => `${field.label} ${field.value}`)].join(' ');

const searchable = new WeakMap();
function fits(entry, words) {
  let text = searchable.get(entry);
  if (text === undefined) searchable.set(entry, (text = `${textOf(entry)} ${entry.messageId ?? ''}`.toLowerCase()));
  return text.includes(words);
}

export function cardOf(entry, { sender = appName(entry.appId) } = {}) {
  const delivered = entry.status === undefined || entry.status === 'success';
  const safe = /^https?:\/\//.test(entry.url ?? '') ? entry.url : undefined;
  return h('div', { class: `card${delivered ? '' : ' lost'}` },
    h('div', { class: 'from' }, avatar(sender, 3), sender, !delivered && h('span', { class: 'badge bad' }, t('未送达：', 'not delivered: '), entry.status)),
    h('h3', {}, entry.title),
    h('dl', {}, (entry.fields ?? []).map((field) => (field.label ? [h('dt', {}, field.label), h('dd', {}, field.value)] : h('dd', { class: 'wide' }, field.value)))),
    entry.miniProgramAppId && (entry.page || entry.kind === 'template')
      ? h('button', { class: 'plain jump', onclick: () => toast(t(`将打开 ${appName(entry.miniProgramAppId)}：${entry.page ?? ''}`, `Opens ${appName(entry.miniProgramAppId)}: ${entry.page ?? ''}`)) }, h('span', {}, t('进入小程序查看', 'View in the Mini Program')), h('span', { 'aria-hidden': 'true' }, '›'))
      : safe ? h('a', { class: 'jump', href: safe, target: '_blank', rel: 'noreferrer noopener' }, h('span', {}, t('查看详情', 'View details')), h('span', { 'aria-hidden': 'true' }, '›'))
        : h('div', { class: 'end' }));
}

function drawMessage(entry) {
  const content = entry.kind === 'template' || entry.kind === 'subscription' ? cardOf(entry)
    : entry.kind === 'customer' ? h('div', { class: 'bubble' }, entry.text)
      : entry.kind === 'written' ? h('div', { class: 'bubble mine' }, entry.text)
        : h('p', { class: 'note' }, `${personName(entry.person)} ${textOf(entry)}`);
  const fresh = entry.id > freshAfter;
  return h('article', { class: `msg${fresh ? ' new' : ''}`, tabindex: -1, 'aria-label': `${momentOf(entry.at)} ${textOf(entry)}` },
    h('time', { class: 'when', dateTime: entry.at }, momentOf(entry.at)), content);
}

let freshAfter = Infinity;
export const setFreshAfter = (id) => { freshAfter = id; };

/** What came of an action, in a line: each callback and its answer. */
function outcomeOf(answer) {
  if (answer.notice === 'unchanged') return [t('已经是这样了，没有变化。', 'It was so already; nothing changed.')];
  if (answer.callbacks.length === 0) {
    const anywhere = store.state.apps.some((app) => app.callback);
    return [anywhere ? t('完成，没有事件推送。', 'Done; no event was pushed.') : [t('完成。未配置回调地址，没有推送；', 'Done. No callback URL is set, so nothing was pushed; '), h('a', { href: '#/setup' }, t('去配置', 'set one')), '。']];
  }
  return answer.callbacks.map((entry) => [
    h('span', { class: `badge ${entry.state === 'delivered' ? 'ok' : 'bad'}` }, entry.event ?? t('推送', 'push')), ' ',
    h('a', { href: `#/callbacks/${entry.id}` }, entry.state === 'delivered' ? `HTTP ${entry.status}${entry.answer ? ` ${entry.answer.slice(0, 60)}` : ` ${t('（空应答）', '(empty answer)')}`}`
      : entry.failure?.split('\n')[0] ?? entry.state), ' ']);
}

/** One person with a phone. */
class Phone {
  constructor(id, close) {
    this.id = id;
    this.tab = 'account';
    this.query = '';
    this.seen = { account: 0, notices: 0, mini: 0 };
    this.list = new VirtualList({
      label: t('消息', 'Messages'), estimate: 150, className: 'chat', render: drawMessage,
      empty: t('还没有消息', 'No messages yet'),
    });
    this.appId = accounts('officialAccount')[0]?.appId;
    this.miniId = accounts('miniProgram')[0]?.appId;
    this.head = h('header', {});
    this.bar = h('div', { class: 'bar', 'aria-hidden': 'true' }, h('span', {}), h('span', {}, '5G ▮▮▮'));
    this.tabs = h('div', { role: 'tablist', 'aria-label': t('聊天', 'Chats'), onkeydown: (event) => this.onTabKey(event) });
    this.foot = h('div', {});
    this.panel = h('div', { role: 'tabpanel', id: `panel-${id}` },
      h('div', { class: 'find' }, h('input', { type: 'search', placeholder: t('搜索消息', 'Search messages'), 'aria-label': t('搜索消息', 'Search messages'), oninput: (event) => { this.query = event.target.value.trim().toLowerCase(); this.showMessages(); } })),
      this.list.element, this.foot);
    this.acts = h('div', { class: 'acts', role: 'group', 'aria-label': t('以此人的身份操作', 'Act as this person') });
    this.result = h('p', { class: 'result', role: 'status' });
    this.element = h('section', { class: 'person', 'data-person': id }, this.head, h('div', { class: 'phone' }, this.bar, this.tabs, this.panel), this.acts, this.result);
    this.close = close;
    this.show();
  }

  get person() { return store.people.get(this.id); }

  follow() { return this.person?.accounts[this.appId] ?? {}; }

  show() {
    this.element.setAttribute('aria-label', t(`${personName(this.id)} 的手机`, `Phone of ${personName(this.id)}`));
    this.showHead();
    this.showTabs();
    this.showFoot();
    this.showActs();
    this.showMessages();
    this.tick();
  }

  tick() { this.bar.firstChild.textContent = minuteOf(nowOf()); }

  showHead() {
    const state = this.follow();
    const open = this.head.querySelector('details')?.open;
    const ids = this.person ? [
      ...Object.entries(this.person.openIds).map(([appId, openId]) => [`openid · ${appName(appId)}`, openId]),
      ...Object.entries(this.person.unionIds).map(([name, unionId]) => [`UnionID · ${name}`, unionId]),
    ] : [];
    replace(this.head, avatar(personName(this.id), this.id), h('h2', {}, personName(this.id)),
      h('span', { class: `badge ${state.following ? 'ok' : ''}` }, state.following ? t('已关注', 'follows') : t('未关注', 'does not follow')),
      state.refuses && h('span', { class: 'badge bad' }, t('拒收消息', 'messages off')),
      state.blacklisted && h('span', { class: 'badge bad' }, t('黑名单', 'blacklisted')),
      this.close && h('button', { class: 'plain', 'aria-label': t(`收起 ${personName(this.id)}`, `Put ${personName(this.id)} away`), onclick: this.close }, '✕'),
      h('details', { class: 'ids', open }, h('summary', {}, 'openid · UnionID'), h('dl', {}, ids.map(([label, value]) => [h('dt', {}, label),
        h('dd', {}, h('code', {}, value), h('button', { class: 'plain', 'aria-label': t(`复制 ${label}`, `Copy ${label}`), onclick: () => copy(value) }, t('复制', 'Copy')))]))));
  }

  kinds() {
    return { account: (entry) => entry.appId === this.appId, notices: (entry) => entry.kind === 'subscription' && entry.appId === this.miniId, mini: (entry) => entry.appId === this.miniId && entry.kind !== 'subscription' };
  }

  showTabs() {
    const focused = this.tabs.contains(document.activeElement);
    const kinds = this.kinds();
    const mine = store.byPerson.get(this.id) ?? [];
    const names = { account: account(this.appId)?.name ?? t('服务号', 'Account'), notices: t('服务通知', 'Service notices'), mini: t('小程序', 'Mini Program') };
    replace(this.tabs, Object.entries(names).map(([tab, name]) => {
      let unread = 0;
      for (let i = mine.length - 1; i >= 0 && mine[i].id > this.seen[tab] && unread < 100; i--) if (kinds[tab](mine[i]) && ['template', 'subscription', 'customer'].includes(mine[i].kind)) unread++;
      return h('button', { role: 'tab', id: `tab-${this.id}-${tab}`, 'aria-selected': String(tab === this.tab), 'aria-controls': `panel-${this.id}`, tabindex: tab === this.tab ? 0 : -1, onclick: () => this.select(tab) },
        name, tab !== this.tab && unread > 0 && h('span', { class: 'dot' }, unread > 99 ? '99+' : unread));
    }));
    this.panel.setAttribute('aria-labelledby', `tab-${this.id}-${this.tab}`);
    if (focused) this.tabs.querySelector('[aria-selected=true]').focus();
  }

  onTabKey(event) {
    const order = ['account', 'notices', 'mini'];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) this.select(order[(order.indexOf(this.tab) + step + 3) % 3]);
  }

  select(tab) {
    this.tab = tab;
    this.showTabs();
    this.showFoot();
    this.showActs();
    this.list.items = [];
    this.showMessages();
  }

  showMessages() {
    const wanted = this.kinds()[this.tab];
    const mine = store.byPerson.get(this.id) ?? [];
    this.list.setItems(mine.filter((entry) => wanted(entry) && (!this.query || fits(entry, this.query))));
    this.seen[this.tab] = mine.at(-1)?.id ?? 0;
  }

  showFoot() {
    if (this.tab === 'account') {
      if (this.foot.dataset.kind === 'account' && this.foot.querySelector('input:focus')) return;
      const input = h('input', { 'aria-label': t('写消息', 'Write a message'), placeholder: this.follow().following ? t('写消息…', 'Write a message…') : t('关注后才能写消息', 'Only followers can write'), disabled: !this.follow().following, maxlength: 2000 });
      replace(this.foot, h('form', { class: 'composer', onsubmit: async (event) => {
        event.preventDefault();
        if (input.value && await this.act('write', { app: this.appId, text: input.value })) input.value = '';
      } }, input, h('button', { class: 'primary', disabled: !this.follow().following }, t('发送', 'Send'))));
    } else if (this.tab === 'mini') {
      if (this.foot.dataset.kind === 'mini') return;
      this.code = h('p', { class: 'code' });
      replace(this.foot, h('div', { class: 'mp' }, h('button', { class: 'primary', onclick: () => this.enter() }, t('打开小程序（wx.login）', 'Open the Mini Program (wx.login)')), this.code));
    } else {
      const templates = account(this.miniId)?.subscriptionTemplates ?? [];
      replace(this.foot, h('div', { class: 'mp' }, h('strong', {}, t('订阅消息授权', 'Subscribe messages')), templates.length === 0 && h('span', { class: 'soft' }, t('没有订阅模板', 'No subscription templates')),
        templates.map((template) => h('div', { class: 'row spread' }, h('span', {}, template.title, ' ', h('span', { class: 'badge' }, t(`可发 ${this.person?.subscriptions[template.id] ?? 0} 条`, `${this.person?.subscriptions[template.id] ?? 0} left`))),
          h('span', { class: 'row' }, h('button', { onclick: () => this.act('subscribe', { templateId: template.id, answer: 'accept' }), 'aria-label': t(`允许 ${template.title}`, `Allow ${template.title}`) }, t('允许', 'Allow')),
            h('button', { class: 'danger', onclick: () => this.act('subscribe', { templateId: template.id, answer: 'reject' }), 'aria-label': t(`拒绝 ${template.title}`, `Reject ${template.title}`) }, t('拒绝', 'Reject')))))));
    }
    this.foot.dataset.kind = this.tab;
  }

  showActs() {
    const state = this.follow();
    const focused = document.activeElement?.dataset?.act;
    const inside = this.acts.contains(document.activeElement);
    const button = (act, label, run, properties = {}) => h('button', { 'data-act': act, onclick: run, ...properties }, label);
    replace(this.acts,
      button('enter', t('进小程序', 'Enter Mini Program'), () => { this.select('mini'); this.enter(); }),
      button('follow', state.following ? t('取消关注', 'Leave') : t('关注', 'Follow'), () => this.act(state.following ? 'leave' : 'follow', { app: this.appId }), { class: state.following ? 'danger' : 'primary' }),
      button('refuse', state.refuses ? t('恢复接收', 'Turn messages on') : t('拒收消息', 'Refuse messages'), () => this.act(state.refuses ? 'accept' : 'refuse', { app: this.appId }), { disabled: !state.following }),
      button('scan', t('扫码', 'Scan a code'), () => this.scan()),
      button('blacklist', state.blacklisted ? t('移出黑名单', 'Take off blacklist') : t('拉黑', 'Blacklist'), () => this.act('blacklist', { app: this.appId, listed: !state.blacklisted })),
      accounts('officialAccount').length > 1 && this.choose(accounts('officialAccount'), 'appId', t('服务号', 'Official Account')),
      accounts('miniProgram').length > 1 && this.choose(accounts('miniProgram'), 'miniId', t('小程序', 'Mini Program')));
    if (inside) this.acts.querySelector(`[data-act=${focused}]`)?.focus();
  }

  choose(apps, field, label) {
    return h('select', { 'aria-label': label, value: this[field], onchange: (event) => { this[field] = event.target.value; this.foot.dataset.kind = ''; this.show(); } },
      apps.map((app) => h('option', { value: app.appId, selected: app.appId === this[field] }, app.name ?? app.appId)));
  }

  async act(name, body) {
    replace(this.result, t('请稍候…', 'One moment…'));
    const answer = await tryCall('POST', `people/${this.id}/${name}`, body);
    if (!answer) { replace(this.result); return undefined; }
    store.people.set(this.id, answer.person);
    replace(this.result, outcomeOf(answer));
    this.show();
    return answer;
  }

  async enter() {
    const answer = await this.act('enter', { app: this.miniId });
    if (!answer?.code) return;
    replace(this.code, h('span', { class: 'soft' }, t('登录 code', 'login code')), h('code', { 'data-code': '' }, answer.code), h('button', { class: 'plain', 'aria-label': t('复制 code', 'Copy the code'), onclick: () => copy(answer.code) }, t('复制', 'Copy')));
    replace(this.result, t('code 只能用一次，5 分钟内有效。', 'The code works once, within five minutes.'));
  }

  async scan() {
    const codes = (await tryCall('GET', 'qr-codes')) ?? [];
    const usable = codes.filter((code) => !code.expired);
    const input = h('input', { id: `scene-${this.id}`, placeholder: 'scene', value: usable[0]?.scene ?? 'poster-1', maxlength: 64 });
    const choice = usable.length > 0 && h('select', { 'aria-label': t('二维码', 'QR code') }, usable.slice(0, 100).map((code) => h('option', { value: code.ticket }, code.scene)), h('option', { value: '' }, t('其他场景值…', 'Another scene…')));
    if (choice) { input.hidden = true; choice.onchange = () => { input.hidden = choice.value !== ''; }; }
    replace(this.result, h('form', { class: 'row', onsubmit: (event) => {
      event.preventDefault();
      this.act('scan', choice && choice.value ? { ticket: choice.value } : { app: this.appId, scene: input.value });
    } }, h('label', { class: 'sr', htmlFor: `scene-${this.id}` }, t('场景值', 'Scene')), choice, input, h('button', { class: 'primary' }, t('扫', 'Scan'))));
    (choice || input).focus();
  }

  dispose() { this.list.dispose(); }
}

export function phonesView(root, parameters) {
  const phones = new Map();
  const strip = h('div', { class: 'strip' });
  const found = h('ul', { 'aria-label': t('人物', 'People') });
  const count = h('small', { class: 'soft', role: 'status' });
  const search = h('input', { type: 'search', placeholder: t('姓名、openid 或 UnionID', 'Name, openid or UnionID'), 'aria-label': t('按姓名、openid 或 UnionID 查找', 'Find by name, openid or UnionID'), oninput: () => find() });
  const name = h('input', { placeholder: t('新人物姓名', 'Name of a new person'), 'aria-label': t('新人物姓名', 'Name of a new person'), maxlength: 40 });
  const fold = h('button', { class: 'fold', 'aria-expanded': 'false', onclick: () => unfold(fold.getAttribute('aria-expanded') === 'false') }, t('人物 ▾', 'People ▾'));
  const unfold = (open) => { fold.setAttribute('aria-expanded', String(open)); people.classList.toggle('open', open); };
  const people = h('section', { class: 'people', 'aria-label': t('人物', 'People') }, fold,
    h('div', { class: 'tools' }, search,
      h('form', { class: 'row', onsubmit: async (event) => {
        event.preventDefault();
        const person = await tryCall('POST', 'people', { name: name.value || null });
        if (!person) return;
        store.people.set(person.id, person);
        name.value = '';
        location.hash = `#/phone/${[...shown(), person.id].slice(-6).join(',')}`;
      } }, name, h('button', { class: 'primary', 'aria-label': t('添加人物', 'Add a person') }, '＋')), count),
    found);
  const shown = () => [...phones.keys()];
  let asked = 0;

  async function find(offset = 0) {
    const mine = ++asked;
    const answer = await tryCall('GET', `people?limit=100&offset=${offset}&q=${encodeURIComponent(search.value)}`);
    if (!answer || mine !== asked) return;
    for (const person of answer.people) store.people.set(person.id, person);
    count.textContent = t(`共 ${answer.total} 人`, `${answer.total} people`);
    const rows = answer.people.map((person) => {
      const isShown = phones.has(person.id);
      const follows = Object.values(person.accounts).some((state) => state.following);
      return h('li', { class: isShown ? 'shown' : '' },
        h('a', { href: `#/phone/${person.id}`, 'aria-current': isShown ? 'true' : undefined }, avatar(personName(person.id), person.id), h('span', {}, personName(person.id), h('small', {}, follows ? t('已关注', 'follows') : t('未关注', 'does not follow')))),
        h('button', { class: 'plain', 'aria-label': isShown ? t(`收起 ${personName(person.id)}`, `Put ${personName(person.id)} away`) : t(`并排显示 ${personName(person.id)}`, `Show ${personName(person.id)} beside`),
          onclick: () => { const rest = shown().filter((id) => id !== person.id); location.hash = `#/phone/${(isShown ? rest : [...rest, person.id]).join(',')}`; } }, isShown ? '−' : '＋'));
    });
    if (answer.total > offset + answer.people.length) rows.push(h('li', {}, h('button', { class: 'plain', onclick: (event) => { event.target.closest('li').remove(); find(offset + 100); } }, t('更多…', 'More…'))));
    if (offset) found.append(...rows); else replace(found, rows);
  }

  let asks = 0;
  async function show(ids) {
    // At once: a list that is opened while a person is still on the way stays open.
    unfold(false);
    const mine = ++asks;
    for (const [id, phone] of phones) if (!ids.includes(id)) { phone.dispose(); phone.element.remove(); phones.delete(id); }
    for (const id of ids) {
      if (phones.has(id)) continue;
      try {
        if (!store.people.has(id)) await loadPerson(id);
      } catch (error) { toast(error.message); continue; }
      if (mine !== asks) return;
      const phone = new Phone(id, () => { location.hash = `#/phone/${shown().filter((other) => other !== id).join(',')}`; });
      phones.set(id, phone);
    }
    replace(strip, ids.map((id) => phones.get(id)?.element), phones.size === 0 && h('p', { class: 'empty' }, t('从左侧选择一个人物，查看其手机。', 'Choose a person to see their phone.')));
    for (const phone of phones.values()) phone.showMessages();
    find();
  }

  replace(root, h('div', { class: 'phones-view' }, people, strip));
  const idsOf = (text) => [...new Set((text ?? '').split(',').filter((part) => /^\d+$/.test(part)).map(Number))];
  show(parameters[0] === undefined ? [0].filter(() => store.state.people > 0) : idsOf(parameters[0]));
  const clock = setInterval(() => { for (const phone of phones.values()) phone.tick(); }, 5000);
  const stop = listen((topics) => {
    for (const phone of phones.values()) {
      if (topics.has('people') || topics.has('state')) phone.show();
      else if (topics.has('messages')) { phone.showTabs(); phone.showMessages(); }
      if (topics.has('clock')) phone.tick();
    }
    if (topics.has('peopleList')) find();
  });
  return { move: (next) => show(idsOf(next[0])), dispose: () => { stop(); clearInterval(clock); for (const phone of phones.values()) phone.dispose(); } };
}

/** Says a new message aloud, for people who listen to the page; many at once in one sentence. */
let waiting = [];
export function sayNew(entry) {
  if (!['template', 'subscription', 'customer'].includes(entry.kind)) return;
  waiting.push(entry);
  if (waiting.length > 1) return;
  setTimeout(async () => {
    const all = waiting;
    waiting = [];
    const last = all.at(-1);
    if (!store.people.has(last.person)) await loadPerson(last.person).catch(() => {});
    announce(all.length === 1 ? t(`${personName(last.person)} 收到：${textOf(last)}`, `${personName(last.person)} got: ${textOf(last)}`) : t(`${all.length} 条新消息`, `${all.length} new messages`));
  }, 300);
}
export { call };

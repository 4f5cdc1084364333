// What the host called, and what was pushed to it.

import { h, t, language, replace, timeOf, wholeOf, VirtualList, copy, pretty, toast } from './ui.js';
import { store, call, tryCall, listen, loadPerson } from './store.js';
import { personName } from './phone.js';

export const verdictOf = (entry) => entry.verdict && (language === 'zh' ? entry.verdict.zh : entry.verdict.en);
const failed = (entry) => (entry.errorCode ?? 0) !== 0 || entry.status !== 200;
const short = (path) => path.replace(/^\/(cgi-bin|sns|wxa)\//, '');

function badge(entry) {
  if (entry.error) return h('span', { class: 'badge bad' }, entry.error === 'notSimulated' ? '404' : t({ 'no answer': '无应答', 'connection broken': '连接中断', 'the caller gave up': '调用方放弃' }[entry.error] ?? '连接中断', entry.error));
  if (entry.status !== 200) return h('span', { class: 'badge bad' }, `HTTP ${entry.status}`);
  return h('span', { class: `badge ${entry.errorCode ? 'bad' : 'ok'}` }, entry.errorCode ? String(entry.errorCode) : 'ok');
}

export function callRow(entry, current) {
  const why = verdictOf(entry);
  return h('a', { class: 'entry', href: `#/calls/${entry.id}`, 'aria-current': current === entry.id ? 'true' : undefined },
    h('time', { dateTime: entry.at }, timeOf(entry.at)), h('span', { class: 'what' }, `${entry.method} ${short(entry.path)}`), badge(entry),
    why && h('span', { class: `why${entry.verdict.arrived ? '' : ' bad'}` }, why), !why && entry.fault && h('span', { class: 'why bad' }, t(`命中故障：${entry.fault}`, `Struck by the fault ${entry.fault}`)));
}

const stateNames = { pending: () => t('进行中', 'pending'), delivered: () => t('已送达', 'delivered'), retrying: () => t('重试中', 'retrying'), givenUp: () => t('已放弃', 'given up') };

function callbackRow(entry, current) {
  return h('a', { class: 'entry', href: `#/callbacks/${entry.id}`, 'aria-current': current === entry.id ? 'true' : undefined },
    h('time', { dateTime: entry.at }, timeOf(entry.at)), h('span', { class: 'what' }, `${entry.event ?? t('自定义内容', 'custom body')} · ${personName(entry.person)}`),
    h('span', { class: `badge ${entry.state === 'delivered' ? 'ok' : entry.state === 'pending' ? '' : 'bad'}` }, stateNames[entry.state]?.() ?? entry.state),
    entry.state !== 'delivered' && entry.failure && h('span', { class: 'why bad' }, entry.failure.split('\n')[0]));
}

const wrapRow = (row) => h('article', { tabindex: -1 }, row);
const part = (title, text) => text && [h('h3', {}, title), h('pre', { tabindex: 0 }, pretty(text))];

function callDetail(box, id) {
  let entry;
  const show = () => replace(box,
    h('div', { class: 'row spread' }, h('h2', {}, h('code', {}, `${entry.method} ${entry.path}`)), h('a', { href: '#/calls' }, t('关闭', 'Close'))),
    h('p', { class: 'soft' }, `${wholeOf(entry.at)} · ${entry.took} ms`, entry.appId && ` · ${entry.appId}`, entry.replayOf ? t(` · 重放自 #${entry.replayOf}`, ` · repeats #${entry.replayOf}`) : ''),
    h('p', { class: 'row' }, badge(entry), entry.rid && h('code', {}, `rid ${entry.rid}`), entry.fault && h('span', { class: 'badge warn' }, t(`故障：${entry.fault}`, `fault: ${entry.fault}`))),
    entry.verdict && h('p', { class: `why-box${entry.verdict.arrived ? '' : ' bad'}` }, h('strong', {}, entry.verdict.arrived ? t('已到达：', 'Arrived: ') : t('为什么没到：', 'Why it did not arrive: ')), verdictOf(entry)),
    entry.person !== undefined && h('p', {}, h('a', { href: `#/phone/${entry.person}` }, t(`看 ${personName(entry.person)} 的手机`, `See the phone of ${personName(entry.person)}`))),
    h('div', { class: 'row' }, h('button', { class: 'primary', disabled: !entry.isWhole || entry.error === 'notSimulated', onclick: async () => {
      const answer = await tryCall('POST', `calls/${id}/replay`);
      if (answer) { toast(t('已重放', 'Sent again')); location.hash = `#/calls/${answer.calls[0].id}`; }
    } }, t('重放', 'Replay')), entry.curl && h('button', { onclick: () => copy(entry.curl) }, t('复制 curl', 'Copy curl'))),
    part(t('查询参数', 'Query'), entry.query), part(t('请求', 'Request'), entry.request), part(t('应答', 'Answer'), entry.response), part('curl', entry.curl));
  call('GET', `calls/${id}`).then(async (answer) => { [entry] = answer.calls; if (entry.person !== undefined && !store.people.has(entry.person)) await loadPerson(entry.person).catch(() => {}); show(); }, (error) => replace(box, h('p', {}, error.message)));
}

function callbackDetail(box, id) {
  const show = (entry) => replace(box,
    h('div', { class: 'row spread' }, h('h2', {}, entry.event ?? t('自定义内容', 'custom body')), h('a', { href: '#/callbacks' }, t('关闭', 'Close'))),
    h('p', { class: 'soft' }, `${wholeOf(entry.at)} · ${entry.appId} · ${entry.mode}`),
    h('p', {}, t(`发送 ${entry.attempts} 次`, `Sent ${entry.attempts} ×`), ' ', h('span', { class: `badge ${entry.state === 'delivered' ? 'ok' : 'bad'}` }, stateNames[entry.state]?.()), ` ${entry.url ?? ''}`),
    entry.state !== 'delivered' && entry.failure && h('p', { class: 'why-box bad' }, entry.failure.split('\n')[0]),
    h('div', { class: 'row' }, h('button', { class: 'primary', onclick: async () => { if (await tryCall('POST', `callbacks/${id}/replay`) !== undefined) toast(t('已原样重发', 'Sent again, the same in every byte')); } }, t('原样重发', 'Send again')),
      h('a', { href: `#/phone/${entry.person}` }, t(`看 ${personName(entry.person)} 的手机`, `See the phone of ${personName(entry.person)}`))),
    part(t('事件（加密前）', 'Event, before encryption'), entry.message), part(t('主机的应答', 'The host’s answer'), entry.status ? `HTTP ${entry.status}\n${entry.answer ?? ''}` : ''),
    part(t('发送的查询参数', 'Query sent'), entry.query), part(t('发送的内容', 'Body sent'), entry.body));
  const load = () => call('GET', `callbacks/${id}`).then(async (answer) => { const [entry] = answer.callbacks; if (!store.people.has(entry.person)) await loadPerson(entry.person).catch(() => {}); show(entry); }, (error) => replace(box, h('p', {}, error.message)));
  load();
  return load;
}

/** A list with search and filters, newest first, and the details of one entry beside it. */
function logView(root, parameters, { kind, title, row, detail, filters, textOf, extra }) {
  const query = new URLSearchParams(parameters.query);
  let current = Number(parameters[0]) || 0;
  const list = new VirtualList({ label: title, estimate: 46, stick: 'start', render: (entry) => wrapRow(row(entry, current)), empty: t('还没有', 'None yet') });
  const box = h('div', { class: 'detail panel', role: 'region', 'aria-label': t('详情', 'Details') });
  const split = h('div', { class: 'split' }, list.element, box);
  const search = h('input', { type: 'search', value: query.get('q') ?? '', oninput: () => apply() });
  const inputs = filters(query, () => apply());
  const count = h('span', { class: 'soft', role: 'status' });
  replace(root, h('div', { class: 'logs' },
    h('div', { class: 'filters' }, h('h2', { class: 'sr' }, title), h('label', { class: 'field grow' }, h('span', {}, t('搜索', 'Search')), search), inputs.elements, extra, count), split));
  let reload;
  function apply() {
    const words = search.value.trim().toLowerCase();
    const wanted = inputs.test();
    const found = [];
    for (let i = store[kind].length - 1; i >= 0; i--) if (wanted(store[kind][i]) && (!words || textOf(store[kind][i]).toLowerCase().includes(words))) found.push(store[kind][i]);
    list.setItems(found);
    count.textContent = t(`${found.length} 条`, `${found.length} entries`);
    const next = new URLSearchParams({ ...(words && { q: search.value }), ...inputs.values() }).toString();
    history.replaceState(null, '', `#/${kind}${current ? `/${current}` : ''}${next ? `?${next}` : ''}`);
  }
  function open(id) {
    current = id;
    split.classList.toggle('open', id > 0);
    box.hidden = !id;
    if (id) reload = detail(box, id);
    list.redraw();
  }
  open(current);
  apply();
  const stop = listen((topics) => { if (topics.has(kind)) { apply(); reload?.(); } });
  return { move: (next) => { open(Number(next[0]) || 0); apply(); }, dispose: () => { stop(); list.dispose(); } };
}

const texts = new WeakMap();
const cached = (make) => (entry) => { let text = texts.get(entry); if (text === undefined) texts.set(entry, (text = make(entry))); return text; };

export function callsView(root, parameters) {
  return logView(root, parameters, {
    kind: 'calls', title: t('调用', 'Calls'), row: callRow, detail: callDetail,
    textOf: cached((entry) => [entry.path, entry.query, entry.request, entry.response, entry.rid, entry.fault, entry.verdict?.zh, entry.verdict?.en, entry.errorCode].join(' ')),
    filters: (query, apply) => {
      const path = h('select', { onchange: apply }, h('option', { value: '' }, t('全部接口', 'All APIs')), store.state.paths.map((name) => h('option', { value: name, selected: name === query.get('path') }, name)));
      const errors = h('input', { type: 'checkbox', checked: query.get('errors') === '1', onchange: apply });
      return {
        elements: [h('label', { class: 'field' }, h('span', {}, t('接口', 'API')), path), h('label', { class: 'check' }, errors, t('只看失败', 'Only failures'))],
        test: () => (entry) => (!path.value || entry.path === path.value) && (!errors.checked || failed(entry) || entry.verdict?.arrived === false),
        values: () => ({ ...(path.value && { path: path.value }), ...(errors.checked && { errors: '1' }) }),
      };
    },
    extra: h('button', { class: 'danger', onclick: () => window.confirm(t('清空消息、调用与回调记录？', 'Clear messages, calls and callbacks?')) && tryCall('DELETE', 'history') }, t('清空记录', 'Clear')),
  });
}

export function callbacksView(root, parameters) {
  return logView(root, parameters, {
    kind: 'callbacks', title: t('回调', 'Callbacks'), row: callbackRow, detail: callbackDetail,
    textOf: (entry) => [entry.event, entry.message, entry.answer, entry.failure, personName(entry.person)].join(' '),
    filters: (query, apply) => {
      const errors = h('input', { type: 'checkbox', checked: query.get('errors') === '1', onchange: apply });
      return { elements: [h('label', { class: 'check' }, errors, t('只看失败', 'Only failures'))], test: () => (entry) => !errors.checked || entry.state === 'retrying' || entry.state === 'givenUp', values: () => (errors.checked ? { errors: '1' } : {}) };
    },
  });
}

export function liveList(root) {
  const list = new VirtualList({ label: t('实时调用', 'Live calls'), estimate: 64, stick: 'start', render: (entry) => wrapRow(callRow(entry)), empty: t('主机还没有调用。把它的 ApiBaseAddress 指到这里即可。', 'The host has not called yet. Point its ApiBaseAddress here.') });
  list.element.style.flex = '1';
  replace(root, h('header', { class: 'row spread' }, h('h2', {}, t('实时调用', 'Live calls')), h('a', { href: '#/calls' }, t('全部', 'All'))), list.element);
  const show = () => list.setItems(store.calls.slice(-300).reverse());
  show();
  listen((topics) => topics.has('calls') && show());
}

// Templates, faults and clock, QR codes, and how to connect a host.

import { h, t, language, replace, copy, toast, wholeOf, confirmed } from './ui.js';
import { store, call, tryCall, listen, accounts, appName, loadState, nowOf } from './store.js';
import { cardOf, personName } from './phone.js';
import { verdictOf } from './logs.js';

const field = (label, input) => h('label', { class: 'field' }, h('span', {}, label), input);
const option = (value, text, chosen) => h('option', { value, selected: value === chosen }, text);
const samples = { thing: () => t('《呼啸山庄》', 'Wuthering Heights'), character_string: () => '20261126001', amount: () => '39.80元', phone_number: () => '400-800-8888', car_number: () => '粤A12345', phrase: () => '已发货', number: () => '2', letter: () => 'A', symbol: () => '★', name: () => t('李雷', 'Li Lei'), date: () => nowOf().toISOString().slice(0, 10), time: () => nowOf().toISOString().slice(0, 16).replace('T', ' ') };

export function templatesView(root, parameters) {
  const every = () => store.state.apps.flatMap((app) => [...app.templates.map((template) => ({ app, template, kind: 'template' })), ...app.subscriptionTemplates.map((template) => ({ app, template, kind: 'subscription' }))]);
  const values = new Map();
  let current = parameters[0] && decodeURIComponent(parameters[0]);
  let asked = 0;
  const list = h('ul', { class: 'list' });
  const form = h('div', { class: 'panel' });
  const preview = h('div', { class: 'preview', role: 'region', 'aria-label': t('预览', 'Preview') });
  replace(root, h('div', { class: 'editor' }, h('div', { class: 'stack' }, h('div', { class: 'panel' }, h('h2', {}, t('模板', 'Templates')), list), addForm()), form, preview));

  function addForm() {
    const app = h('select', {}, store.state.apps.map((each) => option(each.appId, each.name ?? each.appId)));
    const title = h('input', { required: true });
    const content = h('textarea', { required: true, value: t('商品名称：{{thing1.DATA}}\n支付金额：{{amount2.DATA}}', 'Item: {{thing1.DATA}}\nPaid: {{amount2.DATA}}') });
    return h('details', { class: 'panel' }, h('summary', {}, t('添加模板', 'Add a template')), h('form', { class: 'stack', onsubmit: async (event) => {
      event.preventDefault();
      const kind = store.state.apps.find((each) => each.appId === app.value).kind === 'officialAccount' ? 'templates' : 'subscription-templates';
      if (await tryCall('POST', `apps/${app.value}/${kind}`, { title: title.value, content: content.value })) { await loadState(); toast(t('已添加', 'Added')); }
    } }, field(t('账号', 'App'), app), field(t('标题', 'Title'), title), field(t('内容', 'Content'), content), h('button', { class: 'primary' }, t('添加', 'Add'))));
  }

  function showList() {
    replace(list, every().map(({ app, template, kind }) => h('li', {}, h('a', { href: `#/templates/${encodeURIComponent(template.id)}`, 'aria-current': template.id === current ? 'true' : undefined }, template.title, h('small', {}, `${app.name ?? app.appId} · ${kind === 'template' ? t('模板消息', 'template message') : t('订阅消息', 'subscribe message')}`)))));
  }

  function valuesOf(template) {
    if (!values.has(template.id)) values.set(template.id, Object.fromEntries(template.keys.filter((key) => key.key !== 'first' && key.key !== 'remark').map((key) => [key.key, key.approved?.[0] ?? samples[key.type]?.() ?? t('示例内容', 'sample')])));
    return values.get(template.id);
  }

  async function check(entry, hints) {
    const mine = ++asked;
    const answer = await tryCall('POST', `templates/${encodeURIComponent(entry.template.id)}/preview`, { values: valuesOf(entry.template) });
    if (!answer || mine !== asked) return;
    replace(preview, cardOf({ appId: entry.app.appId, kind: 'preview', title: answer.title, fields: answer.fields }), h('p', { class: answer.ok ? 'ok' : 'bad' }, answer.ok ? t('✓ 平台会接受', '✓ The platform takes it') : t('✗ 平台会以 47003 拒绝', '✗ The platform refuses it with 47003')));
    for (const finding of answer.findings) {
      const hint = hints.get(finding.key);
      if (!hint) continue;
      hint.className = `finding${finding.ok ? (finding.unproven ? ' warn' : '') : ' bad'}`;
      hint.textContent = `${finding.unproven ? '?' : finding.ok ? '✓' : '✗'} ${language === 'zh' ? finding.zh : finding.en}`;
    }
  }

  function showForm() {
    const entry = every().find(({ template }) => template.id === current) ?? every()[0];
    if (!entry) { replace(form, h('p', { class: 'empty' }, t('还没有模板', 'No templates yet'))); return; }
    current = entry.template.id;
    const { template } = entry;
    const mine = valuesOf(template);
    const hints = new Map();
    const person = h('input', { value: '0', 'aria-describedby': 'send-why' });
    const url = h('input', { type: 'url', placeholder: 'https://' });
    const why = h('p', { id: 'send-why', role: 'status' });
    const state = h('select', { onchange: async () => { await tryCall('PATCH', `templates/${encodeURIComponent(template.id)}`, { state: state.value }); } },
      [['Active', t('正常', 'active')], ['UnderReview', t('审核中 40252', 'under review 40252')], ['ContentBlocked', t('内容被拦截 40249', 'content blocked 40249')], ['Banned', t('已封禁 43116', 'banned 43116')]].map(([value, text]) => option(value, text, template.state)));
    replace(form, h('h2', {}, template.title), h('p', { class: 'soft row' }, h('code', {}, template.id), h('button', { class: 'plain', 'aria-label': t('复制模板 id', 'Copy the id'), onclick: () => copy(template.id) }, t('复制', 'Copy')), template.historical && h('span', { class: 'badge warn' }, t('历史模板', 'historical'))),
      Object.keys(mine).map((name) => {
        const key = template.keys.find((each) => each.key === name);
        const hint = h('span', { class: 'finding', id: `hint-${name}` });
        hints.set(name, hint);
        return h('label', { class: 'field' }, h('span', {}, key.label, ' ', h('code', {}, name)), h('input', { value: mine[name], 'aria-describedby': `hint-${name}`, oninput: (event) => { mine[name] = event.target.value; check(entry, hints); } }), hint);
      }),
      field(t('审核状态', 'Review'), state),
      h('form', { class: 'stack', onsubmit: async (event) => {
        event.preventDefault();
        const answer = await tryCall('POST', 'test-message', { person: person.value, templateId: template.id, values: mine, url: url.value || null });
        if (answer) replace(why, h('span', { class: answer.calls[0].verdict?.arrived ? 'ok' : 'bad' }, verdictOf(answer.calls[0]) ?? ''), ' ', h('a', { href: `#/calls/${answer.calls[0].id}` }, t('详情', 'Details')), ' ', h('a', { href: `#/phone/${answer.calls[0].person ?? 0}` }, t('看手机', 'See the phone')));
      } }, h('h3', {}, t('像主机一样发一条', 'Send one as a host would')), h('div', { class: 'form' }, field(t('收件人（编号、姓名、openid）', 'To (number, name, openid)'), person), entry.kind === 'template' && field(t('跳转链接', 'Link'), url)), h('button', { class: 'primary' }, t('发送', 'Send')), why));
    check(entry, hints);
  }

  showList();
  showForm();
  const stop = listen((topics) => topics.has('state') && showList());
  return { move: (next) => { current = next[0] && decodeURIComponent(next[0]); showList(); showForm(); }, dispose: stop };
}

const send = '/cgi-bin/message/template/send';
const presets = () => [
  [t('繁忙 -1', 'Busy -1'), { kind: 'error', code: -1, path: send }], [t('token 失效 40001', 'Token 40001'), { kind: 'error', code: 40001, path: send }], [t('当日额度 45009', 'Quota 45009'), { kind: 'error', code: 45009, path: send }],
  [t('拒收 43101', 'Refused 43101'), { kind: 'error', code: 43101, path: send }], [t('IP 白名单 40164', 'IP list 40164'), { kind: 'error', code: 40164, path: '/cgi-bin/stable_token' }],
  [t('慢 3 秒', 'Slow by 3 s'), { kind: 'latency', milliseconds: 3000 }], [t('应答丢失', 'Lost answer'), { kind: 'lostAnswer', path: send }], ['502', { kind: 'gateway', status: 502 }], [t('不应答', 'No answer'), { kind: 'noAnswer', path: send }],
];
const kindNames = { error: () => t('错误码', 'error code'), gateway: () => t('网关错误页', 'gateway page'), latency: () => t('延迟', 'latency'), noAnswer: () => t('不应答', 'no answer'), lostAnswer: () => t('执行后应答丢失', 'carried out, answer lost'), connectionReset: () => t('连接重置', 'connection reset'), connectionClosed: () => t('连接关闭', 'connection closed'), brokenBody: () => t('应答中断', 'body breaks off'), emptyBody: () => t('空应答', 'empty body'), truncatedBody: () => t('应答截断', 'truncated body'), byteOrderMark: () => 'BOM', invalidUtf8: () => t('非法 UTF-8', 'invalid UTF-8'), controlCharacters: () => t('控制字符', 'control characters'), numbersAsText: () => t('数字变文本', 'numbers as text'), missingFields: () => t('缺字段', 'missing fields'), tokensTaken: () => t('token 被另一处刷新', 'token taken elsewhere') };

export function faultsView(root) {
  const declared = h('div', { role: 'status' });
  const now = h('p', {});
  const quotas = h('div', { class: 'stack' });
  const declare = async (fault) => { if (await tryCall('POST', 'faults', fault)) await loadState(); };

  function faultForm() {
    const kind = h('select', { onchange: () => { code.parentElement.hidden = kind.value !== 'error'; status.parentElement.hidden = kind.value !== 'gateway'; ms.parentElement.hidden = kind.value !== 'latency'; } }, Object.entries(kindNames).map(([value, text]) => option(value, text())));
    const code = h('input', { type: 'number', value: '45011' });
    const status = h('input', { type: 'number', value: '504' });
    const ms = h('input', { type: 'number', value: '3000', min: 0 });
    const path = h('select', {}, option('', t('全部接口', 'all APIs')), store.state.paths.map((name) => option(name, name, send)));
    const times = h('input', { type: 'number', min: 1, placeholder: '∞' });
    const chance = h('input', { type: 'number', min: 0, max: 1, step: 0.05, placeholder: '1' });
    const person = h('input', { type: 'number', min: 0, placeholder: t('所有人', 'everybody') });
    const number = (input) => (input.value === '' ? undefined : Number(input.value));
    const result = h('form', { class: 'form', onsubmit: (event) => {
      event.preventDefault();
      declare({ kind: kind.value, code: kind.value === 'error' ? number(code) : undefined, status: kind.value === 'gateway' ? number(status) : undefined, milliseconds: kind.value === 'latency' ? number(ms) : undefined, path: path.value || undefined, times: number(times), probability: number(chance), person: number(person) });
    } }, field(t('故障', 'Fault'), kind), field('errcode', code), field('HTTP', status), field(t('毫秒', 'Milliseconds'), ms), field(t('接口', 'API'), path), field(t('最多几次', 'At most how often'), times), field(t('概率', 'Probability'), chance), field(t('只对此人（编号）', 'Only for person no.'), person), h('button', { class: 'primary' }, t('设置', 'Declare')));
    kind.onchange?.();
    kind.dispatchEvent(new Event('change'));
    return result;
  }

  function showFaults() {
    const { faults } = store.state;
    replace(declared, faults.length === 0 ? h('p', { class: 'soft' }, t('没有故障，一切正常。', 'No faults: everything works.')) : [h('div', { class: 'scroll' }, h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, t('故障', 'Fault')), h('th', {}, t('接口', 'API')), h('th', { class: 'num' }, t('命中', 'Strikes')), h('th', {}))),
      h('tbody', {}, faults.map(({ id, fault, strikes }) => h('tr', {}, h('td', {}, `${kindNames[fault.kind]?.() ?? fault.kind} ${fault.code ?? fault.status ?? (fault.milliseconds ? `${fault.milliseconds} ms` : '')}`, fault.times ? ` ×${fault.times}` : '', fault.probability ? ` p=${fault.probability}` : '', fault.person !== undefined ? ` · ${personName(fault.person)}` : ''), h('td', {}, h('code', {}, fault.path ?? '*')), h('td', { class: 'num' }, strikes),
        h('td', {}, h('button', { class: 'danger', onclick: async () => { await tryCall('DELETE', `faults/${id}`); await loadState(); } }, t('解除', 'Lift')))))))), h('button', { onclick: async () => { await tryCall('DELETE', 'faults'); await loadState(); } }, t('全部解除', 'Lift all'))]);
  }

  function showClock() {
    const shift = Math.round(store.state.clockShift);
    replace(now, h('strong', {}, wholeOf(nowOf())), ' ', shift ? h('span', { class: 'badge warn' }, t(`比真实时间${shift > 0 ? '快' : '慢'} ${describe(shift)}`, `${describe(shift)} ${shift > 0 ? 'ahead' : 'behind'}`)) : h('span', { class: 'badge' }, t('与真实时间一致', 'real time')));
  }

  const describe = (seconds) => { const s = Math.abs(seconds); return s >= 86400 ? t(`${(s / 86400).toFixed(1)} 天`, `${(s / 86400).toFixed(1)} days`) : s >= 3600 ? t(`${(s / 3600).toFixed(1)} 小时`, `${(s / 3600).toFixed(1)} h`) : t(`${Math.round(s / 60)} 分钟`, `${Math.round(s / 60)} min`); };
  const move = async (body) => { if (await tryCall('POST', 'clock', body)) { await loadState(); await showQuotas(); } };
  const toMidnight = () => { const china = (nowOf().getTime() / 1000 + 8 * 3600) % 86400; return 86400 - china + 1; };

  async function showQuotas() {
    const blocks = await Promise.all(store.state.apps.map(async (app) => {
      const rows = await call('GET', `apps/${app.appId}/quotas`);
      return h('div', { class: 'scroll' }, h('h3', {}, app.name ?? app.appId), h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, t('接口', 'API')), h('th', { class: 'num' }, t('今日已用', 'Used today')), h('th', {}, t('每日上限', 'Daily limit')))),
        h('tbody', {}, rows.filter((row) => row.used > 0 || (app.kind === 'officialAccount' && row.path !== '/cgi-bin/stable_token')).map((row) => h('tr', {}, h('td', {}, h('code', {}, row.path)), h('td', { class: 'num' }, row.used),
          h('td', {}, h('input', { type: 'number', min: 0, value: row.daily, 'aria-label': t(`${row.path} 每日上限`, `Daily limit of ${row.path}`), onchange: async (event) => { if (await tryCall('PUT', `apps/${app.appId}/quotas`, { [row.path]: { daily: Number(event.target.value) } })) toast(t('已保存', 'Saved')); } })))))),
        h('button', { onclick: async () => { await tryCall('DELETE', `apps/${app.appId}/quotas`); showQuotas(); } }, t('计数清零', 'Count from zero')));
    }));
    replace(quotas, blocks);
  }

  function switches(app) {
    const set = async (change) => { if (await tryCall('PATCH', `apps/${app.appId}`, change)) { toast(t('已保存', 'Saved')); await loadState(); } };
    const check = (name, text) => h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: app.switches[name], onchange: (event) => set({ [name]: event.target.checked }) }), text);
    const isAccount = app.kind === 'officialAccount';
    const token = (action, text) => h('button', { onclick: async () => { if (await tryCall('POST', `apps/${app.appId}/tokens`, { action }) !== undefined) toast(t('完成', 'Done')); } }, text);
    return h('div', { class: 'stack' }, h('h3', {}, app.name ?? app.appId),
      isAccount && check('verified', t('已认证', 'verified')), isAccount && check('sandbox', t('测试号', 'test account')), check('secretFrozen', t('AppSecret 已冻结（40243）', 'AppSecret frozen (40243)')), !isAccount && check('unionIdNeedsFollow', t('关注后才给 UnionID（旧规则）', 'UnionID only for followers (old rule)')), isAccount && check('refusesSameContent', t('60 秒内相同内容报 40241', 'same content within 60 s answers 40241')),
      isAccount && field(t('拒收的表现', 'A refusal shows'), h('select', { onchange: (event) => set({ refusedMessages: event.target.value }) }, option('AtSend', t('发送时 43101', 'at the send: 43101'), app.switches.refusedMessages), option('ByEvent', t('由事件告知', 'by the later event'), app.switches.refusedMessages))),
      field(t('开放平台账号（留空为未绑定）', 'Open Platform account (empty: not bound)'), h('input', { value: app.switches.openPlatform, onchange: (event) => set({ openPlatform: event.target.value }) })),
      field(t('IP 白名单（逗号分隔；调用方视为 203.0.113.7）', 'IP list (commas; callers count as 203.0.113.7)'), h('input', { value: app.switches.ipWhitelist.join(', '), placeholder: t('未启用', 'off'), onchange: (event) => set({ ipWhitelist: event.target.value.split(/[,，\s]+/).filter(Boolean) }) })),
      h('div', { class: 'row' }, token('expire', t('token 提前过期', 'Expire tokens')), token('replace', t('token 被另一处刷新', 'Take tokens elsewhere')), token('refuse', t('拒绝当前 token', 'Refuse current tokens'))));
  }

  const minutesInput = h('input', { type: 'number', value: '10' });
  const moves = store.state.clockMoves;
  replace(root, h('div', { class: 'grid' },
    h('section', { class: 'panel' }, h('h2', {}, t('故障', 'Faults')), h('div', { class: 'row', role: 'group', 'aria-label': t('常用故障', 'Common faults') }, presets().map(([text, fault]) => h('button', { onclick: () => declare(fault) }, text))), declared, h('details', {}, h('summary', {}, t('自定义', 'Another one')), faultForm())),
    h('section', { class: 'panel' }, h('h2', {}, t('时钟', 'Clock')), now, moves ? h('div', { class: 'row' }, h('button', { onclick: () => move({ advanceSeconds: 3600 }) }, t('+1 小时', '+1 hour')), h('button', { onclick: () => move({ advanceSeconds: 86400 }) }, t('+1 天', '+1 day')), h('button', { onclick: () => move({ advanceSeconds: toMidnight() }) }, t('到北京时间 0 点', 'To midnight in China')), h('button', { onclick: () => move({ reset: true }) }, t('回到真实时间', 'Real time')),
      h('form', { class: 'row', onsubmit: (event) => { event.preventDefault(); move({ advanceSeconds: Number(minutesInput.value) * 60 }); } }, field(t('分钟（可为负）', 'Minutes (may be negative)'), minutesInput), h('button', {}, t('移动', 'Move')))) : h('p', { class: 'soft' }, t('此平台使用系统时钟，不能移动。', 'This platform runs on the system’s clock, which cannot be moved.'))),
    h('section', { class: 'panel' }, h('h2', {}, t('额度', 'Quotas')), quotas),
    h('section', { class: 'panel whole' }, h('h2', {}, t('账号状态', 'Accounts')), h('div', { class: 'grid' }, store.state.apps.map(switches)))));
  showFaults();
  showClock();
  showQuotas().catch((error) => toast(error.message));
  const timer = setInterval(showClock, 1000);
  const stop = listen((topics) => { if (topics.has('state')) { showFaults(); showClock(); } if (topics.has('quotas')) showQuotas(); if (topics.has('calls')) { clearTimeout(later); later = setTimeout(() => { loadState(); showQuotas(); }, 400); } });
  let later;
  return { dispose: () => { stop(); clearInterval(timer); clearTimeout(later); } };
}

export function codesView(root) {
  const list = h('div', { class: 'codes' });
  const scene = h('input', { value: 'poster-1', maxlength: 64, required: true });
  const seconds = h('input', { type: 'number', min: 1, max: 2592000, value: '600', placeholder: t('永久', 'permanent') });
  const app = h('select', {}, accounts('officialAccount').map((each) => option(each.appId, each.name ?? each.appId)));
  const show = async () => {
    const codes = (await tryCall('GET', 'qr-codes')) ?? [];
    const people = ((await tryCall('GET', 'people?limit=30')) ?? { people: [] }).people;
    for (const person of people) store.people.set(person.id, person);
    replace(list, codes.length === 0 && h('p', { class: 'empty' }, t('还没有二维码。主机可调用 qrcode/create，或在上面生成。', 'No codes yet. A host makes them with qrcode/create, or make one above.')), codes.map((code) => {
      const who = h('select', { 'aria-label': t('谁来扫', 'Who scans') }, people.map((person) => option(String(person.id), personName(person.id))));
      return h('article', { class: `panel${code.expired ? ' gone' : ''}` }, h('img', { src: `cgi-bin/showqrcode?ticket=${encodeURIComponent(code.ticket)}`, alt: t(`场景值 ${code.scene} 的二维码`, `QR code of scene ${code.scene}`), loading: 'lazy' }), h('h3', {}, code.scene), h('p', { class: 'soft' }, appName(code.appId), ' · ', code.expiresAt ? t(`有效至 ${wholeOf(code.expiresAt)}`, `until ${wholeOf(code.expiresAt)}`) : t('永久', 'permanent')),
        h('div', { class: 'row' }, who, h('button', { class: 'primary', disabled: code.expired || people.length === 0, onclick: async () => {
          const answer = await tryCall('POST', `people/${who.value}/scan`, { ticket: code.ticket });
          if (answer) { toast(t(`${personName(answer.person.id)} 扫了码`, `${personName(answer.person.id)} scanned it`)); location.hash = `#/phone/${answer.person.id}`; }
        } }, t('扫', 'Scan'))));
    }));
  };
  replace(root, h('div', { class: 'stack' }, h('h2', {}, t('带参数二维码', 'QR codes with a parameter')), h('form', { class: 'panel form', onsubmit: async (event) => {
    event.preventDefault();
    if (await tryCall('POST', `apps/${app.value}/qr-codes`, { scene: scene.value, expireSeconds: seconds.value ? Number(seconds.value) : null })) show();
  } }, field(t('服务号', 'Official Account'), app), field(t('场景值', 'Scene'), scene), field(t('有效秒数（留空为永久）', 'Seconds (empty: permanent)'), seconds), h('button', { class: 'primary' }, t('生成', 'Make'))), list));
  show();
  return { dispose: listen((topics) => topics.has('codes') && show()) };
}

export function setupView(root) {
  const base = new URL('.', document.baseURI).href.replace(/\/$/, '');
  const account = accounts('officialAccount')[0];
  const mini = accounts('miniProgram')[0];
  const settings = h('pre', { tabindex: 0 });
  let credentials = null;
  const show = () => {
    const of = (appId) => credentials?.find((each) => each.appId === appId);
    settings.textContent = JSON.stringify({ WeChat: { ApiBaseAddress: base, OfficialAccount: account && { AppId: account.appId, AppSecret: of(account.appId)?.appSecret ?? '••••' }, MiniProgram: mini && { AppId: mini.appId, AppSecret: of(mini.appId)?.appSecret ?? '••••' }, Callback: account?.callback || credentials ? { OfficialAccount: { Token: of(account?.appId)?.token ?? '••••', EncodingAesKey: of(account?.appId)?.encodingAesKey ?? '••••' } } : undefined } }, null, 2);
  };
  const reveal = h('button', { onclick: async () => { credentials = credentials ? null : await tryCall('GET', 'credentials'); reveal.textContent = credentials ? t('隐藏密钥', 'Hide secrets') : t('显示密钥', 'Show secrets'); show(); } }, t('显示密钥', 'Show secrets'));
  show();

  function callbackForm(app) {
    const url = h('input', { type: 'url', required: true, value: app.callback?.url ?? '', placeholder: 'http://localhost:5080/wechat/callback' });
    const token = h('input', { placeholder: app.callback ? t('不变', 'as it is') : 'simulated', autocomplete: 'off' });
    const key = h('input', { placeholder: app.callback ? t('不变', 'as it is') : t('43 位，留空用默认', '43 characters, or the default'), maxlength: 43, autocomplete: 'off' });
    const mode = h('select', {}, option('Safe', t('安全模式', 'safe (encrypted)'), app.callback?.mode), option('Compatible', t('兼容模式', 'compatible'), app.callback?.mode), option('Plain', t('明文模式', 'plain'), app.callback?.mode));
    const json = h('input', { type: 'checkbox', checked: app.callback?.json });
    const result = h('p', { role: 'status' });
    return h('form', { class: 'panel', onsubmit: async (event) => {
      event.preventDefault();
      replace(result, t('正在验证…', 'Verifying…'));
      const answer = await tryCall('PUT', `apps/${app.appId}/callback`, { url: url.value, token: token.value || null, encodingAesKey: key.value || null, mode: mode.value, json: json.checked });
      replace(result, answer && (answer.callback.verified ? h('span', { class: 'ok' }, t('✓ 已保存，地址通过验证', '✓ Saved; the URL passed the check')) : h('span', { class: 'bad' }, t('已保存，但地址未通过验证：', 'Saved, but the URL did not pass the check: '), answer.callback.problem)));
    } }, h('h3', {}, app.name ?? app.appId, ' ', h('code', {}, app.appId)), field(t('回调地址（URL）', 'Callback URL'), url), h('div', { class: 'form' }, field('Token', token), field('EncodingAESKey', key), field(t('加解密方式', 'Mode'), mode), app.kind === 'miniProgram' && h('label', { class: 'check' }, json, 'JSON')),
    h('div', { class: 'row' }, h('button', { class: 'primary' }, t('保存并验证', 'Save and verify')), app.callback && h('button', { type: 'button', class: 'danger', onclick: async () => { await tryCall('DELETE', `apps/${app.appId}/callback`); await loadState(); setupView(root); } }, t('移除', 'Remove'))), result);
  }

  const file = h('input', { type: 'file', accept: '.json,application/json', 'aria-label': t('选择文件', 'Choose a file'), onchange: async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    const response = await fetch('api/import', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: await chosen.text() });
    toast(response.ok ? t('已导入', 'Imported') : (await response.json()).detail);
    file.value = '';
  } });
  replace(root, h('div', { class: 'grid' },
    h('section', { class: 'panel' }, h('h2', {}, t('把主机接到这里', 'Point your host here')), h('p', {}, t('任何语言的 SDK，只要能改 API 地址：', 'Any SDK in any language that lets you change the API address:')), h('p', { class: 'row' }, h('code', {}, base), h('button', { class: 'plain', 'aria-label': t('复制地址', 'Copy the address'), onclick: () => copy(base) }, t('复制', 'Copy'))),
      h('h3', {}, 'appsettings.json'), settings, h('div', { class: 'row' }, reveal, h('button', { onclick: () => copy(settings.textContent) }, t('复制', 'Copy')), h('a', { href: 'openapi.json' }, 'OpenAPI'))),
    h('section', { class: 'stack' }, h('h2', {}, t('消息推送', 'Message push')), store.state.apps.map(callbackForm)),
    h('section', { class: 'panel' }, h('h2', {}, t('保存与恢复', 'Save and restore')), h('p', { class: 'soft' }, t('导出文件不含密钥与 token，可用 unionpush simulate --seed 打开。', 'The file holds no secrets or tokens; unionpush simulate --seed opens it.')), h('div', { class: 'row' }, h('a', { href: 'api/export', download: 'unionpush-simulator.json' }, t('导出', 'Export')), store.state.ownsPlatform && h('label', { class: 'row' }, t('导入', 'Import'), file)),
      h('div', { class: 'row' }, h('button', { onclick: () => confirmed(t('清空消息、调用与回调记录？', 'Clear messages, calls and callbacks?')) && tryCall('DELETE', 'history') }, t('清空记录', 'Clear history')), store.state.ownsPlatform && h('button', { class: 'danger', onclick: () => confirmed(t('恢复到最初状态？', 'Back to the beginning?')) && tryCall('POST', 'reset') }, t('恢复到最初', 'Reset'))),
      h('p', { class: 'soft' }, t(`最多保留 ${store.state.maxMessages} 条消息、${store.state.maxCalls} 次调用、${store.state.maxCallbacks} 次回调。`, `Keeps ${store.state.maxMessages} messages, ${store.state.maxCalls} calls and ${store.state.maxCallbacks} callbacks.`)))));
  return { dispose: () => {} };
}

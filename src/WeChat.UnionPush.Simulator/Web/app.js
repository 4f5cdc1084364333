// Puts the page together: head, ways, views.

import { h, t, language, switchLanguage, replace, momentOf, toast } from './ui.js';
import { store, loadAll, connect, listen, nowOf } from './store.js';
import { phonesView, sayNew, setFreshAfter } from './phone.js';
import { callsView, callbacksView, liveList } from './logs.js';
import { templatesView, faultsView, codesView, setupView } from './panels.js';

const views = {
  phone: [t('手机', 'Phones'), phonesView],
  calls: [t('调用', 'Calls'), callsView],
  callbacks: [t('回调', 'Callbacks'), callbacksView],
  templates: [t('模板', 'Templates'), templatesView],
  faults: [t('故障与时钟', 'Faults & clock'), faultsView],
  codes: [t('二维码', 'QR codes'), codesView],
  setup: [t('接入', 'Connect'), setupView],
};

document.title = t('UnionPush 模拟器', 'UnionPush Simulator');
const skip = document.getElementById('skip');
skip.textContent = t('跳到内容', 'Skip to content');
skip.addEventListener('click', (event) => { event.preventDefault(); document.getElementById('main').focus(); });
const nav = document.getElementById('nav');
nav.setAttribute('aria-label', t('主导航', 'Main'));
document.getElementById('live').setAttribute('aria-label', t('实时调用', 'Live calls'));

function applyTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
}
applyTheme(localStorage.getItem('unionpush.theme'));

function switchTheme() {
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  localStorage.setItem('unionpush.theme', dark ? 'light' : 'dark');
  applyTheme(dark ? 'light' : 'dark');
}

const time = h('time', { title: t('平台的时钟', 'The platform’s clock') });
const link = h('span', { class: 'badge', role: 'status' });
const faults = h('a', { class: 'badge bad', href: '#/faults', hidden: true });
replace(document.getElementById('top'), h('h1', {}, h('img', { src: 'assets/icon.svg', alt: '' }), t('UnionPush 模拟器', 'UnionPush Simulator')), h('span', { class: 'grow' }), faults, time, link,
  h('button', { class: 'plain', onclick: switchTheme, 'aria-label': t('切换深浅色', 'Switch light and dark') }, '◐'),
  h('button', { class: 'plain', onclick: switchLanguage, lang: language === 'zh' ? 'en' : 'zh-CN' }, language === 'zh' ? 'English' : '中文'));

function showHead() {
  time.textContent = momentOf(nowOf());
  time.className = Math.abs(store.state.clockShift) > 1 ? 'badge warn' : 'soft';
  link.textContent = store.connected === false ? t('已断开', 'offline') : t('实时', 'live');
  link.className = `badge ${store.connected === false ? 'bad' : 'ok'} wide`;
  faults.hidden = store.state.faults.length === 0;
  faults.textContent = t(`${store.state.faults.length} 个故障`, `${store.state.faults.length} faults`);
}

let current = null;
function route() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, ...parameters] = path.split('/');
  const key = views[name] ? name : 'phone';
  parameters.query = query ?? '';
  replace(nav, h('ul', {}, Object.entries(views).map(([view, [text]]) => h('li', {}, h('a', { href: `#/${view}`, 'aria-current': view === key ? 'page' : undefined }, text)))));
  document.title = `${views[key][0]} · ${t('UnionPush 模拟器', 'UnionPush Simulator')}`;
  document.body.classList.toggle('nolive', key === 'calls');
  if (current?.key === key && current.view.move) {
    current.view.move(parameters);
    return;
  }
  const moved = current !== null;
  current?.view.dispose();
  const main = document.getElementById('main');
  main.scrollTop = 0;
  current = { key, view: views[key][1](main, parameters) };
  if (moved) main.focus({ preventScroll: true });
}

try {
  await connect(sayNew);
  await loadAll();
  setFreshAfter(store.messages.at(-1)?.id ?? 0);
  showHead();
  route();
  liveList(document.getElementById('live'));
  addEventListener('hashchange', route);
  setInterval(showHead, 1000);
  listen((topics) => { if (topics.has('state') || topics.has('connection')) showHead(); });
  performance.mark('ready');
} catch (error) {
  toast(error.message);
  replace(document.getElementById('main'), h('p', { class: 'empty' }, error.message));
}

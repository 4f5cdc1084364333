// Everything the page knows of the platform, and how it hears of news.

import { toast } from './ui.js';

export const store = { state: null, messages: [], calls: [], callbacks: [], byPerson: new Map(), people: new Map(), drift: 0 };
const listeners = new Set();
let changed = new Set();
let timer = 0;

export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(topic) {
  changed.add(topic);
  timer ||= setTimeout(() => {
    timer = 0;
    const topics = changed;
    changed = new Set();
    for (const listener of listeners) listener(topics);
  }, 16);
}

export async function call(method, path, body) {
  const response = await fetch(`api/${path}`, { method, headers: body === undefined ? {} : { 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Error(answer?.detail ?? `HTTP ${response.status}`);
  return answer;
}

/** The same, with the error shown instead of thrown. */
export async function tryCall(method, path, body) {
  try {
    return await call(method, path, body);
  } catch (error) {
    toast(error.message);
    return undefined;
  }
}

export const nowOf = () => new Date(Date.now() + store.drift);
export const account = (appId) => store.state.apps.find((app) => app.appId === appId);
export const accounts = (kind) => store.state.apps.filter((app) => app.kind === kind);
export const appName = (appId) => account(appId)?.name ?? appId;

export async function loadState() {
  store.state = await call('GET', 'state');
  store.drift = new Date(store.state.now) - Date.now();
  tell('state');
}

export async function loadPerson(id) {
  const person = await call('GET', `people/${id}`);
  store.people.set(person.id, person);
  tell('people');
  return person;
}

function keep(list, entry, most) {
  list.push(entry);
  if (list.length > most * 1.05) list.splice(0, list.length - most);
}

function addMessage(entry) {
  const { maxMessages } = store.state;
  keep(store.messages, entry, maxMessages);
  let mine = store.byPerson.get(entry.person);
  if (!mine) store.byPerson.set(entry.person, (mine = []));
  keep(mine, entry, maxMessages);
}

function indexMessages() {
  store.byPerson.clear();
  for (const entry of store.messages) {
    const mine = store.byPerson.get(entry.person);
    if (mine) mine.push(entry); else store.byPerson.set(entry.person, [entry]);
  }
}

let generation = 0;

async function loadKind(kind, count, mine) {
  const { [kind]: newest, total } = await call('GET', `${kind}?limit=200`);
  if (mine !== generation) return;
  const known = new Set(newest.map((entry) => entry.id));
  store[kind] = [...newest, ...store[kind].filter((entry) => entry.id > (newest.at(-1)?.id ?? -1) && !known.has(entry.id))];
  if (kind === 'messages') indexMessages();
  tell(kind);
  return total > newest.length;
}

async function loadRest(kind, mine) {
  // What is long ago comes in portions.
  while (mine === generation && store[kind].length > 0) {
    const { [kind]: older } = await call('GET', `${kind}?limit=2500&before=${store[kind][0].id}`);
    if (older.length === 0 || mine !== generation) return;
    store[kind] = [...older, ...store[kind]];
    if (kind === 'messages') indexMessages();
    tell(kind);
  }
}

export async function loadAll() {
  const mine = ++generation;
  await loadState();
  const kinds = ['messages', 'calls', 'callbacks'];
  for (const kind of kinds) store[kind] = [];
  const more = await Promise.all(kinds.map((kind) => loadKind(kind, 200, mine)));

  // Once the first picture is drawn: it must not share the line.
  setTimeout(async () => {
    try {
      for (let i = 0; i < kinds.length; i++) if (more[i]) await loadRest(kinds[i], mine);
    } catch (error) { toast(error.message); }
  });
}

/** Hears of news. Done when the stream is open, or cannot be: what is loaded after that misses nothing. */
export function connect(onPhone) {
  const source = new EventSource('api/events');
  const hear = (name, take) => source.addEventListener(name, ({ data }) => {
    // Before the first load everything is still to come with it.
    if (store.state) take(data);
  });
  hear('phone', (data) => {
    const entry = JSON.parse(data);
    if (entry.id <= (store.messages.at(-1)?.id ?? -1)) return;
    addMessage(entry);
    onPhone(entry);
    tell('messages');
  });
  hear('call', (data) => {
    const entry = JSON.parse(data);
    if (entry.id <= (store.calls.at(-1)?.id ?? -1)) return;
    keep(store.calls, entry, store.state.maxCalls);
    tell('calls');
  });
  hear('callback', (data) => {
    const entry = JSON.parse(data);
    for (let i = store.callbacks.length - 1; i >= 0; i--) {
      if (store.callbacks[i].id === entry.id) { store.callbacks[i] = entry; tell('callbacks'); return; }
      if (store.callbacks[i].id < entry.id) break;
    }
    keep(store.callbacks, entry, store.state.maxCallbacks);
    tell('callbacks');
  });
  hear('change', (data) => {
    if (data === 'people') {
      for (const id of store.people.keys()) loadPerson(id).catch(() => store.people.delete(id));
      tell('peopleList');
    } else {
      loadState().catch(() => {});
      tell(data);
    }
  });
  hear('reset', () => loadAll().catch(() => {}));
  return new Promise((resolve) => {
    source.onopen = () => {
      store.connected = true;
      tell('connection');
      // What happened while the stream was closed is missing.
      if (store.state) loadAll().catch(() => {});
      resolve();
    };
    source.onerror = () => {
      store.connected = false;
      tell('connection');
      resolve();
    };
  });
}

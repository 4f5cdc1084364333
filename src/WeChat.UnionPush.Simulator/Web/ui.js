// Small pieces that every view uses: elements, words in two languages, times, lists that draw only what is seen.

const chosen = localStorage.getItem('unionpush.language');
export const language = (chosen ?? navigator.language ?? 'en').toLowerCase().startsWith('zh') ? 'zh' : 'en';
export const t = (zh, en) => (language === 'zh' ? zh : en);
document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';

export function switchLanguage() {
  localStorage.setItem('unionpush.language', language === 'zh' ? 'en' : 'zh');
  location.reload();
}

export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (name === 'tint') element.style.setProperty('--tint', value);
    else if (name in element && name !== 'list' && name !== 'role') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const replace = (element, ...children) => element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));

const clock = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const minutes = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { hour: '2-digit', minute: '2-digit', hour12: false });
const day = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false });
const whole = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
export const timeOf = (at) => clock.format(new Date(at));
export const minuteOf = (at) => minutes.format(new Date(at));
export const momentOf = (at) => day.format(new Date(at));
export const wholeOf = (at) => whole.format(new Date(at));

export const avatar = (text, seed) => h('span', { class: 'avatar', 'aria-hidden': 'true', tint: `hsl(${(seed * 47 + 150) % 360} 42% 40%)` }, [...(text || '?')][0]);

export function toast(text) {
  const box = document.getElementById('toasts');
  const element = h('div', { class: 'toast', role: 'alert' }, text);
  box.append(element);
  setTimeout(() => element.remove(), 5000);
}

export const announce = (text) => { document.getElementById('announcer').textContent = text; };

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t('已复制', 'Copied'));
  } catch {
    toast(t('浏览器不允许复制', 'The browser does not allow copying'));
  }
}

export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text ?? '';
  }
}

export const confirmed = (question) => window.confirm(question);

/** A list that draws only what is seen, of items of any height. The newest is at its end (stick: 'end') or at its start. */
export class VirtualList {
  constructor({ label, estimate, render, key = (item) => item.id, stick = 'end', empty = '', className = '' }) {
    Object.assign(this, { estimate, render, key, stick, items: [], heights: new Map(), drawn: new Map(), offsets: new Float64Array(1), pinned: true, placed: 0 });
    this.sizer = h('div', { class: 'sizer' });
    this.nothing = h('p', { class: 'empty' }, empty);
    this.element = h('div', { class: `vlist ${className}`, role: 'feed', tabindex: 0, 'aria-label': label }, this.nothing, this.sizer);
    this.element.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.element.addEventListener('keydown', (event) => this.move(event));
    this.watcher = new ResizeObserver((entries) => this.measure(entries));
    this.watcher.observe(this.element);
  }

  /** Follows the newest until the reader scrolls away from it. A list that is not on the page yet cannot scroll, and is still pinned then. */
  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    if (clientHeight > 0 && Math.abs(scrollTop - this.placed) > 1) {
      this.pinned = this.stick === 'end' ? scrollHeight - scrollTop - clientHeight < 24 : scrollTop < 8;
      this.placed = scrollTop;
    }
    this.draw();
  }

  place(y) {
    this.element.scrollTop = y;
    this.placed = this.element.scrollTop;
  }

  pin() { this.place(this.stick === 'end' ? this.offsets[this.items.length] : 0); }

  setItems(items) {
    this.pinned ||= this.items.length === 0;
    const anchor = this.pinned ? null : this.anchor();
    this.items = items;
    this.nothing.hidden = items.length > 0;
    this.layOut();
    if (anchor) this.restore(anchor);
    else this.pin();
    this.draw();
  }

  anchor() {
    const index = this.at(this.element.scrollTop);
    return this.items[index] && { key: this.key(this.items[index]), by: this.element.scrollTop - this.offsets[index] };
  }

  restore({ key, by }) {
    const index = this.items.findIndex((item) => this.key(item) === key);
    if (index >= 0) this.place(this.offsets[index] + by);
  }

  layOut() {
    const { items, heights } = this;
    if (this.offsets.length !== items.length + 1) this.offsets = new Float64Array(items.length + 1);
    for (let i = 0, y = 0; i < items.length; i++) {
      y += heights.get(this.key(items[i])) ?? this.estimate;
      this.offsets[i + 1] = y;
    }
    this.sizer.style.height = `${this.offsets[items.length]}px`;
  }

  at(y) {
    let low = 0;
    let high = this.items.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.offsets[middle] <= y) low = middle; else high = middle - 1;
    }
    return low;
  }

  draw() {
    const top = this.element.scrollTop;
    const from = Math.max(0, this.at(top) - 4);
    const to = Math.min(this.items.length, this.at(top + this.element.clientHeight) + 5);
    const wanted = new Map();
    for (let i = from; i < to; i++) wanted.set(this.key(this.items[i]), i);
    const focused = document.activeElement?.closest?.('[data-key]');
    for (const [key, node] of this.drawn) {
      if (!wanted.has(key) && node.element !== focused) {
        this.watcher.unobserve(node.element);
        node.element.remove();
        this.drawn.delete(key);
      }
    }
    let before = null;
    for (const [key, i] of wanted) {
      let node = this.drawn.get(key);
      const item = this.items[i];
      if (!node || node.item !== item) {
        const element = this.render(item, i);
        element.dataset.key = key;
        element.setAttribute('aria-posinset', i + 1);
        if (node) { this.watcher.unobserve(node.element); node.element.replaceWith(element); }
        node = { element, item };
        this.drawn.set(key, node);
        if (!element.isConnected) before ? before.after(element) : this.sizer.prepend(element);
        this.watcher.observe(element);
      }
      node.element.setAttribute('aria-setsize', this.items.length);
      node.element.style.transform = `translateY(${this.offsets[i]}px)`;
      before = node.element;
    }
  }

  measure(entries) {
    const anchor = this.pinned ? null : this.anchor();
    let changed = false;
    for (const { target } of entries) {
      if (target === this.element) { changed = true; continue; }
      const height = target.offsetHeight;
      const key = this.keyOf(target);
      if (height && this.heights.get(key) !== height) {
        this.heights.set(key, height);
        changed = true;
      }
    }
    if (!changed) return;
    this.layOut();
    if (this.pinned) this.pin();
    else if (anchor) this.restore(anchor);
    this.draw();
  }

  keyOf(element) {
    for (const [key, node] of this.drawn) if (node.element === element) return key;
    return null;
  }

  redraw() {
    for (const node of this.drawn.values()) { this.watcher.unobserve(node.element); node.element.remove(); }
    this.drawn.clear();
    this.draw();
  }

  move(event) {
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    if (event.key === 'Home' || event.key === 'End') {
      if (event.target.closest('input, textarea')) return;
      this.pinned = (event.key === 'End') === (this.stick === 'end');
      this.place(event.key === 'Home' ? 0 : this.offsets[this.items.length]);
      this.draw();
      this.focus(event.key === 'Home' ? 0 : this.items.length - 1);
      event.preventDefault();
    } else if (step) {
      const current = document.activeElement?.closest?.('[data-key]');
      const index = current ? this.items.findIndex((item) => String(this.key(item)) === current.dataset.key) + step : this.at(this.element.scrollTop);
      this.focus(Math.max(0, Math.min(this.items.length - 1, index)));
      event.preventDefault();
    }
  }

  focus(index) {
    if (!this.items[index]) return;
    const top = this.offsets[index];
    if (top < this.element.scrollTop || this.offsets[index + 1] > this.element.scrollTop + this.element.clientHeight) {
      this.element.scrollTop = top;
      this.scrolled();
    }
    this.draw();
    this.drawn.get(this.key(this.items[index]))?.element.focus({ preventScroll: true });
  }

  dispose() { this.watcher.disconnect(); }
}

// SPDX-License-Identifier: Apache-2.0

type Child = Node | string;

// make creates an element. Strings become text and never markup: they may come from anybody.
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// name is a text from outside. It is kept apart from the direction of what is around it.
export function name(text: string): HTMLElement {
  return make('bdi', 'name', text || '(further ones)');
}

export function find(selector: string): HTMLElement {
  const element = document.querySelector<HTMLElement>(selector);
  if (!element) throw new Error(`the page has no ${selector}`);
  return element;
}

// color reads a color of the style sheet, for what is drawn.
export const color = (variable: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${variable}`).trim();

export const font = '12px system-ui, sans-serif';

declare module 'railroad-diagrams' {
  /** A piece of a diagram; `toString` gives SVG. */
  export interface Element {
    toString(): string;
  }

  interface Railroad {
    Diagram(...items: readonly Element[]): Element;
    Sequence(...items: readonly Element[]): Element;
    Choice(normal: number, ...items: readonly Element[]): Element;
    Optional(item: Element): Element;
    OneOrMore(item: Element, between?: Element): Element;
    ZeroOrMore(item: Element): Element;
    Terminal(text: string): Element;
    NonTerminal(text: string): Element;
  }

  const railroad: Railroad;
  export default railroad;
}

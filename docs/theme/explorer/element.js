// <order-explorer lesson="LESSON" try="1" src="DATA.js">: the reader is the scheduler.
// DATA.js, which `cargo xtask book` writes, calls `show` with all that the program can do:
// its states, and for each thread the step that it can make there or why it has to wait.
class OrderExplorer extends HTMLElement {
    connectedCallback() {
        // The page that has the whole book is there to be printed.
        if (!location.pathname.endsWith("/print.html")) {
            this.replaceChildren(make("script", { src: this.getAttribute("src") }));
        }
    }

    show(data) {
        Object.assign(this, data);
        this.key = [this.getAttribute("lesson"), this.getAttribute("try")].filter(Boolean).join("-");
        // The steps that have been made: which thread, from which state, and how.
        this.path = [];
        this.build();
        // mdBook turns the page on some keys.
        this.addEventListener("keydown", (event) => event.stopPropagation());
        addEventListener("hashchange", () => this.restore());
        this.draw();
        this.restore();
    }

    build() {
        const words = explorerWords;
        this.rows = this.threads.map((name, thread) => {
            const id = `${this.key}-does-${thread}`;
            const label = [badge(thread, { "aria-hidden": true }), ` ${name}`];
            return {
                button: button(label, () => this.go(thread), { "data-thread": thread, "aria-describedby": id }),
                does: make("span", { id }),
                lane: make("span", { class: "lane", "aria-hidden": true }),
            };
        });
        this.undoButton = button([words.undo], () => this.undo(), { "data-undo": "" });
        this.keep = make("input", { type: "checkbox", "data-sleeps": "" });
        this.keep.addEventListener("change", () => this.changed());
        this.marked = this.listing.map((line, place) => {
            // There is room for all that can stand there: nothing is to move.
            const letters = Math.max(...this.states.map((state) => this.at(state, place + this.first).length));
            return make("li", {}, make("code", {}, line || " "), make("span", { style: `--letters: ${letters}` }));
        });
        this.left = make("strong", { "data-outputs-left": "" });
        this.all = make("span");
        this.output = make("div", {
            class: "output", style: `--lines: ${this.lines.length}`,
            role: "log", "aria-label": words.output, "data-output": "",
        });
        this.status = make("p", { role: "status" });
        this.asks = this.challenges.map((challenge) => buildChallenge(this, challenge));
        // A page says once how to play: where it shows the lesson as it is.
        const head = this.hasAttribute("try")
            ? [make("h3", {}, words.changed)]
            : [make("h2", {}, words.title), make("p", {}, words.intro)];
        this.replaceChildren(
            make("header", {}, ...head),
            make("ol", { class: "listing", start: this.first, "aria-label": words.listing }, ...this.marked),
            make("div", { class: "threads", role: "group", "aria-label": words.threads },
                ...this.rows.map(({ button, does, lane }) => make("div", {}, button, does, lane))),
            this.output,
            make("p", { class: "legend" }, words.legend),
            make("div", { class: "controls" }, this.undoButton,
                button([words.restart], () => this.restart(), { "data-restart": "" }),
                button([words.random], () => this.goOnAtRandom(), { "data-random": "" }),
                make("label", {}, this.keep, ` ${words.sleeps}`)),
            this.status,
            make("p", {}, words.left, " ", this.left, this.all),
            ...this.asks.map((ask) => ask.box),
            ...buildQuestions(this),
        );
    }

    // Where the program is, and whether the sleeps make likely how it has come there.
    get state() {
        return this.states[this.path.at(-1)?.step.to ?? 0];
    }

    get isLikely() {
        return this.path.every(({ step }) => !step.unlikely);
    }

    get printed() {
        return this.path.map(({ step }) => step.line).filter((line) => line !== undefined);
    }

    // The threads that stand in this line of the program.
    at(state, line) {
        return [...this.threads.keys()].filter((thread) => {
            const { at, wait } = state.threads[thread];
            return at === line && !["toBeStarted", "ended", "cutOff"].includes(wait);
        });
    }

    canGo(thread) {
        const step = this.state.threads[thread];
        return "to" in step && !(this.keep.checked && (step.unlikely || !this.isLikely));
    }

    step(thread) {
        this.path.push({ thread, state: this.state, step: this.state.threads[thread] });
    }

    go(thread) {
        if (this.canGo(thread)) {
            this.step(thread);
            this.changed();
        } else {
            this.say(this.verdict() || this.sentence(thread, this.now(thread)));
        }
    }

    undo() {
        const words = explorerWords;
        const last = this.path.pop();
        const line = this.text(last?.step.line);
        this.changed(!last ? words.notUndone : line ? fill(words.undone, { line }) : words.undoneEnd);
    }

    restart() {
        this.path = [];
        this.changed(explorerWords.restarted);
    }

    goOnAtRandom() {
        let able;
        while ((able = [...this.threads.keys()].filter((thread) => this.canGo(thread))).length) {
            this.step(able[Math.floor(Math.random() * able.length)]);
        }
        // One that can go on but is kept to the sleeps.
        const kept = this.state.threads.findIndex((step) => "to" in step);
        this.changed(kept < 0 ? undefined : this.sentence(kept, this.now(kept)));
    }

    changed(words) {
        this.draw();
        this.say(words ?? this.verdict());
        // A browser writes an address only so often.
        clearTimeout(this.soon);
        this.soon = setTimeout(() => this.write(), 400);
    }

    write() {
        const path = this.path.map(({ thread }) => thread.toString(36)).join("");
        const parts = location.hash.slice(1).split("&");
        const others = parts.filter((part) => part.includes("=") && !part.startsWith(`${this.key}=`));
        const hash = [...others, `${this.key}=${path}${this.keep.checked ? "~" : ""}`].join("&");
        history.replaceState(history.state, "", `#${hash}`);
    }

    // Goes where the address says, as far as that leads.
    restore() {
        const parts = location.hash.slice(1).split("&");
        const part = parts.find((part) => part.startsWith(`${this.key}=`));
        if (!part) {
            return;
        }
        const path = part.slice(this.key.length + 1);
        this.path = [];
        this.draw();
        this.keep.checked = path.endsWith("~");
        for (const digit of path.replace("~", "")) {
            const thread = parseInt(digit, 36);
            if (this.state.threads[thread]?.to === undefined) {
                break;
            }
            this.step(thread);
        }
        this.draw();
        this.say(this.verdict());
        // Of several on a page, the last one was played last.
        if (part === parts.at(-1)) {
            this.scrollIntoView();
        }
    }

    draw() {
        const { state, printed, output } = this;
        this.rows.forEach(({ button, does, lane }, thread) => {
            button.setAttribute("aria-disabled", !this.canGo(thread));
            does.replaceChildren(...rich(this.now(thread)));
            lane.replaceChildren(...this.path.map((step) => sign(step, thread)));
        });
        this.undoButton.setAttribute("aria-disabled", !this.path.length);
        this.marked.forEach((line, place) => {
            line.lastChild.replaceChildren(...this.at(state, place + this.first).map((thread) =>
                badge(thread, { role: "img", "aria-label": this.threads[thread] })));
        });
        const count = this.keep.checked ? "likely" : "left";
        this.left.textContent = count === "left" || this.isLikely ? state[count] : "0";
        this.all.textContent = ` / ${this.states[0][count]}`;
        // What stays is not to be read out again.
        while (output.children.length > printed.length) {
            output.lastChild.remove();
        }
        for (const line of printed.slice(output.children.length)) {
            output.append(make("div", {}, this.text(line)));
        }
        this.asks.forEach((ask) => ask.draw());
    }

    say(words) {
        this.status.replaceChildren(...rich(words));
    }

    text(line) {
        return this.lines[line]?.text;
    }

    // What a thread does next, or why it does not.
    now(thread) {
        const step = this.state.threads[thread];
        const keeps = this.keep.checked;
        return keeps && "to" in step && !this.isLikely ? explorerWords.past : this.does(step, keeps);
    }

    does(step, keeps) {
        const words = explorerWords;
        const { at, wait, line, for: other } = step;
        if (wait) {
            const name = this.threads[wait === "toBeStarted" ? other : this.lines[other]?.thread];
            return fill(words[wait], { at, other: name, line: this.text(other) });
        }
        const does = line === undefined ? words.ends : fill(words.prints, { line: this.text(line) });
        if (!step.unlikely) {
            return does;
        }
        const before = step.unlikely.why === "cutOff" ? { words: words.theEnd } : this.text(step.unlikely.line);
        return fill(keeps ? words.held : words.but, { step: { words: does }, other: before });
    }

    sentence(thread, does) {
        return fill(explorerWords.of, { thread: this.threads[thread], does: { words: does } });
    }

    // Why the sleeps make a step unlikely.
    mostly({ line, unlikely }) {
        const words = explorerWords[`${unlikely.why}Mostly`];
        return { words: fill(words, { line: this.text(line), other: this.text(unlikely.line) }) };
    }

    // What the sleeps say of the steps to an output, in the order in which `check` does.
    unlikely(steps) {
        const whys = ["cutOff", "follows", "missing"];
        const first = whys.map((why) => steps.find((step) => step.unlikely?.why === why)).find(Boolean);
        return first && this.mostly(first);
    }

    verdict() {
        const words = explorerWords;
        if (!this.state.over) {
            return "";
        }
        const reason = this.unlikely(this.path.map(({ step }) => step));
        return reason ? fill(words.unlikely, { reason }) : words.possible;
    }
}

// How a thread's row shows a step of the program.
function sign({ thread: goes, state, step }, thread) {
    const { to, wait } = state.threads[thread];
    if (goes === thread) {
        return make("i", { class: `thread-${thread % 6}` }, step.line === undefined ? "■" : "●");
    }
    const is = to !== undefined ? "━" : ["toBeStarted", "ended"].includes(wait) ? " " : "┄";
    return make("i", {}, is);
}

// A thread's letter, in its colour.
function badge(thread, attributes) {
    const letter = String.fromCharCode(65 + thread);
    return make("b", { class: `badge thread-${thread % 6}`, ...attributes }, letter);
}

function button(label, act, attributes) {
    const button = make("button", { type: "button", ...attributes }, ...label);
    button.addEventListener("click", act);
    return button;
}

function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [name, value] of Object.entries(attributes)) {
        element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
}

// Words with what stands for the names in braces: text as code, numbers and `{ words }`
// as they are.
function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (_, name) => {
        const value = values[name];
        return value?.words ?? (typeof value === "number" ? value : `\`${value}\``);
    });
}

// Text and code in the place of words with backquotes.
function rich(text) {
    return text.split("`").map((part, place) => (place % 2 ? make("code", {}, part) : part));
}

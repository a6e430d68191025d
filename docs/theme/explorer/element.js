// <order-explorer lesson="LESSON" try="1" src="DATA.js">: the reader is the scheduler.
// DATA.js, which `cargo xtask book` writes, calls `show` with all that the program can do:
// its states, and for each thread the step that it can make there or why it has to wait.
// Nothing of that is worked out here.
class OrderExplorer extends HTMLElement {
    connectedCallback() {
        // The page that has the whole book is there to be printed.
        if (location.pathname.endsWith("/print.html")) {
            return;
        }
        const data = document.createElement("script");
        data.src = this.getAttribute("src");
        this.replaceChildren(data);
    }

    show(data) {
        Object.assign(this, data);
        this.words = explorerWords;
        this.key = [this.getAttribute("lesson"), this.getAttribute("try")].filter(Boolean).join("-");
        // The steps that have been made: which thread, from which state, and how.
        this.path = [];
        [this.since, this.written] = [0, 0];
        this.build();
        // mdBook turns the page on some keys.
        this.addEventListener("keydown", (event) => event.stopPropagation());
        addEventListener("hashchange", () => this.restore());
        this.draw();
        this.restore();
    }

    build() {
        const { words } = this;
        const heading = this.hasAttribute("try") ? make("h3", words.changed) : make("h2", words.title);
        this.rows = this.threads.map((name, thread) => {
            const does = make("span", { id: `${this.key}-does-${thread}`, className: "does" });
            const letter = badge(thread);
            letter.setAttribute("aria-hidden", "true");
            const button = make("button", { type: "button" }, letter, ` ${name}`);
            button.dataset.thread = thread;
            button.setAttribute("aria-describedby", does.id);
            button.addEventListener("click", () => this.go(thread));
            const lane = make("span", { className: "lane" });
            lane.setAttribute("aria-hidden", "true");
            return { button, does, lane };
        });
        const rows = this.rows.map(({ button, does, lane }) => make("div", button, does, lane));
        const legend = make("p", { className: "legend" }, words.legend);
        const threads = make("div", { className: "threads" }, ...rows, legend);
        threads.setAttribute("role", "group");
        threads.setAttribute("aria-label", words.threads);

        const control = (name, act) => {
            const button = make("button", { type: "button" }, words[name]);
            button.dataset[name] = "";
            button.addEventListener("click", act);
            return button;
        };
        this.undoButton = control("undo", () => this.undo());
        this.keep = make("input", { type: "checkbox" });
        this.keep.dataset.sleeps = "";
        this.keep.addEventListener("change", () => this.changed());
        const controls = make("div", { className: "controls" }, this.undoButton,
            control("restart", () => this.restart()), control("luck", () => this.luck()),
            make("label", this.keep, ` ${words.sleeps}`));

        this.marked = this.listing.map((line) => make("li", make("code", line || " "), make("span")));
        const listing = make("ol", { className: "listing", start: this.first }, ...this.marked);
        listing.setAttribute("aria-label", words.listing);
        this.left = make("strong");
        this.left.dataset.outputsLeft = "";
        this.output = make("div", { className: "output" });
        this.output.style.setProperty("--lines", this.lines.length);
        this.output.dataset.output = "";
        this.output.setAttribute("role", "log");
        this.output.setAttribute("aria-label", words.output);
        this.status = make("p", { className: "status" });
        this.status.setAttribute("role", "status");
        this.replaceChildren(heading, make("p", words.intro), listing, threads, controls, this.status,
            make("p", words.left, " ", this.left), this.output);
        this.asks = this.challenges.map((challenge) => buildChallenge(this, challenge));
        this.append(...this.asks.map((ask) => ask.box), ...buildQuestions(this));
    }

    // Where the program is, and whether the sleeps make likely how it has come there.
    get state() {
        return this.states[this.path.length ? this.path.at(-1).step.to : 0];
    }

    get isLikely() {
        return this.path.every(({ step }) => !step.unlikely);
    }

    get printed() {
        return this.path.map(({ step }) => step.line).filter((line) => line !== undefined);
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
            this.say(this.sentence(thread, this.state));
        }
    }

    undo() {
        const last = this.path.pop();
        const line = last && this.text(last.step.line);
        this.changed(!last ? this.words.notUndone
            : line ? fill(this.words.undone, { line }) : this.words.undoneEnd);
    }

    restart() {
        this.path = [];
        this.changed(this.words.restarted);
    }

    luck() {
        for (;;) {
            const able = [...this.threads.keys()].filter((thread) => this.canGo(thread));
            if (!able.length) {
                break;
            }
            this.step(able[Math.floor(Math.random() * able.length)]);
        }
        this.changed();
    }

    changed(words) {
        this.draw();
        this.say(words || (this.state.over ? this.verdict() : ""));
        // A browser lets a page write its address only so often.
        clearTimeout(this.soon);
        if (performance.now() - this.since > 30000) {
            [this.since, this.written] = [performance.now(), 0];
        }
        this.written += 1;
        if (this.written < 45) {
            this.write();
        } else {
            this.soon = setTimeout(() => this.write(), 1000);
        }
    }

    write() {
        const path = this.path.map(({ thread }) => thread.toString(36)).join("");
        const hash = `#${this.key}=${path}${this.keep.checked ? "~" : ""}`;
        history.replaceState(history.state, "", hash);
    }

    // Goes where the address says, as far as that leads.
    restore() {
        const [key, path] = location.hash.slice(1).split("=");
        if (key !== this.key || path === undefined) {
            return;
        }
        this.path = [];
        this.keep.checked = path.endsWith("~");
        for (const digit of path.replace("~", "")) {
            const thread = parseInt(digit, 36);
            if (!(this.state.threads[thread] && "to" in this.state.threads[thread])) {
                break;
            }
            this.step(thread);
        }
        this.draw();
        this.say(this.state.over ? this.verdict() : "");
        this.scrollIntoView();
    }

    draw() {
        const { state, words } = this;
        this.rows.forEach(({ button, does, lane }, thread) => {
            button.setAttribute("aria-disabled", String(!this.canGo(thread)));
            does.replaceChildren(...rich(this.does(thread, state)));
            const signs = this.path.map((step) => sign(step, thread));
            lane.replaceChildren(...signs.map((sign) => {
                const cell = make("i", sign);
                cell.classList.toggle(`thread-${thread % 6}`, sign === "●" || sign === "■");
                return cell;
            }));
        });
        for (const line of this.marked) {
            line.lastChild.replaceChildren();
        }
        state.threads.forEach(({ at, wait }, thread) => {
            if (at && !["toBeStarted", "ended", "cutOff"].includes(wait)) {
                const mark = badge(thread);
                mark.setAttribute("role", "img");
                mark.setAttribute("aria-label", this.threads[thread]);
                this.marked[at - this.first].lastChild.append(mark);
            }
        });
        this.left.textContent = this.keep.checked ? (this.isLikely ? state.likely : "0") : state.left;
        // What stays is not to be read out again.
        const { printed, output } = this;
        const isShown = (line, place) => output.children[place]?.textContent === this.text(line);
        const kept = printed.findIndex((line, place) => !isShown(line, place));
        while (output.children.length > (kept < 0 ? printed.length : kept)) {
            output.lastChild.remove();
        }
        for (const line of printed.slice(output.children.length)) {
            output.append(make("div", this.text(line)));
        }
        this.undoButton.setAttribute("aria-disabled", String(!this.path.length));
        this.asks.forEach((ask) => ask.draw());
    }

    say(words) {
        this.status.replaceChildren(...rich(words));
    }

    text(line) {
        return this.lines[line]?.text;
    }

    // What a thread does next in a state, or why it does not.
    does(thread, state) {
        const { words } = this;
        const { at, wait, unlikely, line, to, for: other } = state.threads[thread];
        if (wait) {
            const call = at && this.listing[at - this.first].trim().replace(/^let \w+ = |\??;?$/g, "");
            const name = this.threads[wait === "toBeStarted" ? other : this.lines[other]?.thread];
            return fill(words[wait], { at, call, other: name, line: this.text(other) });
        }
        if (this.keep.checked && !this.isLikely && state === this.state) {
            return words.past;
        }
        const step = line === undefined ? words.ends : fill(words.prints, { line: this.text(line) });
        if (!unlikely) {
            return step;
        }
        const reason = this.mostly(state.threads[thread]);
        return fill(this.keep.checked ? words.held : words.but, { step: { words: step }, reason });
    }

    sentence(thread, state) {
        const does = { words: this.does(thread, state) };
        return fill(this.words.of, { thread: this.threads[thread], does });
    }

    // Why the sleeps make a step unlikely.
    mostly({ line, unlikely }) {
        const words = this.words[`${unlikely.why}Mostly`];
        return { words: fill(words, { line: this.text(line), other: this.text(unlikely.line) }) };
    }

    // What the sleeps say of the steps to an output, in the order in which `check` does.
    unlikely(steps) {
        const whys = ["cutOff", "follows", "missing"];
        const first = whys.map((why) => steps.find((step) => step.unlikely?.why === why)).find(Boolean);
        return first && this.mostly(first);
    }

    verdict() {
        const reason = this.unlikely(this.path.map(({ step }) => step));
        return reason ? fill(this.words.unlikely, { reason }) : this.words.possible;
    }
}

// How a thread's row shows a step of the program.
function sign({ thread: goes, state, step }, thread) {
    const { to, wait } = state.threads[thread];
    if (goes === thread) {
        return step.line === undefined ? "■" : "●";
    }
    return to !== undefined ? "━" : wait === "toBeStarted" || wait === "ended" ? " " : "┄";
}

// A thread's letter, in its colour.
function badge(thread) {
    const letter = String.fromCharCode(65 + thread);
    return make("b", { className: `badge thread-${thread % 6}` }, letter);
}

// An element with these properties, if the first is no text or element, and children.
function make(name, ...children) {
    const element = document.createElement(name);
    if (children[0]?.constructor === Object) {
        Object.assign(element, children.shift());
    }
    element.append(...children);
    return element;
}

// Words with what stands for the names in braces: text as code, `{ words }` as it is.
function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (_, name) => {
        const value = values[name];
        return value?.words ?? (name === "at" || name === "number" ? value : `\`${value}\``);
    });
}

// Text and code in the place of words with backquotes.
function rich(text) {
    return text.split("`").map((part, place) => (place % 2 ? make("code", part) : part));
}

// What an explorer asks: to bring an order about, and whether an output is possible.
function buildChallenge(explorer, { line, before, forbidden }) {
    const words = explorerWords;
    const names = { line: explorer.text(line), other: explorer.text(before) };
    const isAtAll = before === undefined;
    const met = explorer.hasAttribute("try") ? words.metChanged : isAtAll ? words.metAtAll : words.met;
    const status = make("p", { role: "status" });
    let said = "";
    let isSettled = false;
    const say = (words) => {
        if (said !== words) {
            said = words;
            status.replaceChildren(...rich(words));
        }
    };
    const give = () => {
        if (!forbidden) {
            return say(explorer.keep.checked ? words.wronglyKept : words.wrongly);
        }
        const { thread, state } = forbidden;
        const does = explorer.does(explorer.states[state].threads[thread]);
        isSettled = true;
        say(fill(words.rightly, { reason: { words: explorer.sentence(thread, does) } }));
    };
    const task = rich(fill(isAtAll ? words.atAll : words.before, names));
    const box = make("div", { class: "challenge", "data-challenge": "" },
        make("p", {}, make("strong", {}, words.challenge), " ", ...task, " ",
            button([words.cannot], give, { "data-cannot": "" })),
        status);
    const draw = () => {
        const [place, other] = [line, before].map((it) => explorer.printed.indexOf(it));
        const isMet = place >= 0 && (other < 0 || place < other);
        box.classList.toggle("met", isMet);
        // Who knows that it cannot be done need not try again.
        if (!isSettled) {
            say(isMet ? met : other >= 0 ? fill(words.missed, names) : "");
        }
    };
    return { box, draw };
}

function buildQuestions(explorer) {
    const words = explorerWords;
    const questions = explorer.questions.map((output) => {
        const status = make("p", { role: "status" });
        const answer = (name) => button([words[name]], () => {
            const [isPossible, verdict] = judge(explorer, output);
            const opinion = isPossible === (name === "yes") ? words.right : words.wrong;
            status.replaceChildren(...rich(`${opinion} ${verdict}`));
        }, { "data-answer": name });
        const lines = output.map((line) => make("div", {}, explorer.text(line)));
        return make("div", { "data-question": "" },
            make("div", { class: "output" }, ...lines),
            make("div", { class: "controls" }, answer("yes"), answer("no")),
            status);
    });
    const heading = make("h3", {}, words.question);
    return questions.length ? [heading, make("div", { class: "questions" }, ...questions)] : [];
}

// Whether the program can print an output, and why: by going there, as far as that is.
function judge(explorer, output) {
    const words = explorerWords;
    const why = (thread) => ({ words: explorer.sentence(thread, explorer.does(state.threads[thread])) });
    let state = explorer.states[0];
    const steps = [];
    for (const [place, line] of output.entries()) {
        const step = state.threads.find((step) => "to" in step && step.line === line);
        if (!step) {
            const reason = why(explorer.lines[line].thread);
            return [false, fill(words.tooEarly, { number: place + 1, line: explorer.text(line), reason })];
        }
        steps.push(step);
        state = explorer.states[step.to];
    }
    if (!state.over) {
        const end = state.threads[0];
        if (!("to" in end && end.line === undefined)) {
            return [false, fill(words.tooShort, { reason: why(0) })];
        }
        steps.push(end);
    }
    const reason = explorer.unlikely(steps);
    return [true, reason ? fill(words.isUnlikely, { reason }) : words.isPossible];
}

customElements.define("order-explorer", OrderExplorer);

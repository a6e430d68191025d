"""Walks every state of every explorer of the built book in a browser.

Presses every button in every state, with the switch that keeps to the sleeps on and off,
and holds what the page shows to what the engine says: where the threads stand, which can go
on, why the others cannot, how many outputs are left, and that the finished outputs are those
that `cargo xtask orders` lists. Then it plays as a reader does: meets and misses each
challenge, answers each question, goes on at random, and comes back by the address.

Needs selenium and a Chromium with its driver.
"""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from selenium.webdriver.support.ui import WebDriverWait

from browser import BOOK, OTHER, WIDTHS, browser

ROOT = pathlib.Path(__file__).parent.parent

# Presses every button in every state that can be come to, and takes it back.
WALK = """
const [explorer, sleeps] = arguments;
const find = (what) => explorer.querySelector(what);
const buttons = [...explorer.querySelectorAll("button[data-thread]")];
find("[data-restart]").click();
if (find("[data-sleeps]").checked !== sleeps) {
    find("[data-sleeps]").click();
}
const look = () => ({
    left: find("[data-outputs-left]").textContent,
    output: [...find("[data-output]").children].map((line) => line.textContent),
    threads: buttons.map((button) => ({
        can: button.getAttribute("aria-disabled") === "false",
        does: document.getElementById(button.getAttribute("aria-describedby")).textContent,
    })),
    marks: [...explorer.querySelectorAll(".listing li")].map((line) => line.lastChild.textContent),
});
// What stands where: what is pressed or read is to stay there while the reader plays.
const places = () => {
    const top = explorer.getBoundingClientRect().top;
    const there = [...buttons, ...explorer.querySelectorAll(".listing li, [data-output], :scope > .controls")];
    return JSON.stringify(there.map((it) => Math.round(it.getBoundingClientRect().top - top)));
};
const place = places();
const states = {};
const name = (seen) => JSON.stringify([[...seen.output].sort(), seen.threads]);
const faults = [];
const walk = () => {
    const seen = look();
    const key = name(seen);
    if (states[key]) {
        return key;
    }
    if (places() !== place && !faults.length) {
        faults.push(`all moves from ${place} to ${places()} in ${key}`);
    }
    const state = states[key] = { ...seen, steps: {} };
    seen.threads.forEach(({ can }, thread) => {
        buttons[thread].click();
        if (can) {
            state.steps[thread] = { key: walk(), line: look().output[seen.output.length] ?? null };
            find("[data-undo]").click();
        }
        if (JSON.stringify(look()) !== JSON.stringify(seen)) {
            faults.push(`thread ${thread} ${can ? "and back " : ""}leads from ${key} to ${name(look())}`);
        }
    });
    return key;
};
return { first: walk(), states, faults };
"""

# Plays one explorer, and says what there is to see after each part.
PLAY = """
const [explorer, { unlikely, meet, miss }] = arguments;
const all = (what) => [...explorer.querySelectorAll(what)];
const press = (what) => explorer.querySelector(what).click();
const thread = (thread) => press(`button[data-thread="${thread}"]`);
const begin = () => {
    press("[data-restart]");
    if (explorer.querySelector("[data-sleeps]").checked) {
        press("[data-sleeps]");
    }
};
const look = () => ({
    left: explorer.querySelector("[data-outputs-left]").textContent,
    output: [...explorer.querySelector("[data-output]").children].map((line) => line.textContent),
    able: all("button[data-thread]").filter((it) => it.getAttribute("aria-disabled") === "false").length,
    status: explorer.querySelector("[role=status]").textContent,
    does: all("button[data-thread] + *").map((it) => it.textContent),
});
const seen = {};
begin();
press("[data-undo]");
seen.undoneNothing = look();
unlikely.forEach(thread);
seen.unlikely = look();
press("[data-sleeps]");
seen.unlikelyKept = look();
press("[data-random]");
seen.keptAtRandom = look().status;
press("[data-undo]");
seen.undone = look();
seen.random = [true, false].map((sleeps) => {
    begin();
    if (sleeps) {
        press("[data-sleeps]");
    }
    press("[data-random]");
    return look();
});
seen.challenges = all("[data-challenge]").map((box, number) => {
    box.querySelector("[data-cannot]").click();
    const said = box.querySelector("[role=status]").textContent;
    begin();
    meet[number].forEach(thread);
    const isMet = box.matches(".met");
    begin();
    miss[number].forEach(thread);
    return { said, isMet, missed: [box.matches(".met"), box.querySelector("[role=status]").textContent] };
});
seen.questions = all("[data-question]").map((box) => ["yes", "no"].map((answer) => {
    box.querySelector(`[data-answer=${answer}]`).click();
    return box.querySelector("[role=status]").textContent;
}));
const keys = [];
document.addEventListener("keydown", ({ key }) => keys.push(key));
explorer.querySelector("button").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
seen.keys = keys;
seen.unfocusable = all("button:disabled, [tabindex]").length;
return seen;
"""

# How far down the output goes beside the program, and the threads below it.
HEIGHTS = """
const [listing, output, threads] = [".listing", "[data-output]", ".threads"].map((what) =>
    arguments[0].querySelector(what).getBoundingClientRect());
return [output.top - listing.top, threads.bottom - listing.top];
"""

LINES = "return [...arguments[0].querySelector('[data-output]').children].map((line) => line.textContent)"

faults = []


def literal(file):
    """The JSON in a script."""
    text = file.read_text(encoding="utf-8")
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


class Engine:
    """What the engine says of a program, in the words of a language."""

    def __init__(self, data, words):
        self.data, self.words = data, words
        self.text = [line["text"] for line in data["lines"]]

    def fill(self, key, **values):
        return re.sub(r"\{(\w+)\}", lambda name: str(values[name[1]]), self.words[key]).replace("`", "")

    def mostly(self, step):
        why = step["unlikely"]
        line, other = (self.text[it] if it is not None else "" for it in (step.get("line"), why.get("line")))
        return self.fill(why["why"] + "Mostly", line=line, other=other)

    def ways(self):
        """A shortest way to each state, by each of its last steps: the threads that go on."""
        known, ways = {0}, [(0, [])]
        for number, way in ways:
            for thread, step in enumerate(self.data["states"][number]["threads"]):
                if "to" in step:
                    yield [*way, thread], step
                    if step["to"] not in known:
                        known.add(step["to"])
                        ways.append((step["to"], [*way, thread]))

    def printed(self, way):
        """What is printed on a way, and the state that it leads to."""
        number, output = 0, []
        for thread in way:
            step = self.data["states"][number]["threads"][thread]
            output += [self.text[step["line"]]] if "line" in step else []
            number = step["to"]
        return output, number

    def does(self, thread, sleeps):
        """What a thread does, and whether it can."""
        if "wait" in thread:
            other, at = thread.get("for"), thread.get("at")
            if other is None:
                name = line = ""
            elif thread["wait"] == "toBeStarted":
                name, line = self.data["threads"][other], ""
            else:
                name = self.data["threads"][self.data["lines"][other]["thread"]]
                line = self.text[other]
            return False, self.fill(thread["wait"], at=at, other=name, line=line)
        line = thread.get("line")
        step = self.words["ends"] if line is None else self.fill("prints", line=self.text[line])
        if "unlikely" not in thread:
            return True, step
        key = "held" if sleeps else "but"
        why = thread["unlikely"]
        other = self.words["theEnd"] if why["why"] == "cutOff" else self.text[why["line"]]
        return not sleeps, self.fill(key, step=step, other=other)

    def judge(self, output):
        """The name of the verdict on an output, and its words."""
        number, steps = 0, []
        for place, line in enumerate(output):
            threads = self.data["states"][number]["threads"]
            step = next((it for it in threads if "to" in it and it.get("line") == line), None)
            if step is None:
                thread = self.data["lines"][line]["thread"]
                reason = self.sentence(thread, number)
                return "tooEarly", self.fill("tooEarly", number=place + 1, line=self.text[line], reason=reason)
            steps.append(step)
            number = step["to"]
        state = self.data["states"][number]
        if "over" not in state:
            end = state["threads"][0]
            if "to" not in end or "line" in end:
                return "tooShort", self.fill("tooShort", reason=self.sentence(0, number))
            steps.append(end)
        for why in ("cutOff", "follows", "missing"):
            for step in steps:
                if step.get("unlikely", {}).get("why") == why:
                    return "isUnlikely", self.fill("isUnlikely", reason=self.mostly(step))
        return "isPossible", self.words["isPossible"]

    def sentence(self, thread, number):
        _, does = self.does(self.data["states"][number]["threads"][thread], False)
        return self.fill("of", thread=self.data["threads"][thread], does=does)

    def compare(self, walked, sleeps, what):
        """Follows the steps that were walked side by side with the engine's."""
        known, left = {}, [(walked["first"], 0)]
        edges = 0
        while left:
            key, number = left.pop()
            if key in known:
                if known[key] != number:
                    faults.append(f"{what}: states {known[key]} and {number} look alike")
                continue
            known[key] = number
            state, seen = self.data["states"][number], walked["states"][key]
            count = state["likely" if sleeps else "left"]
            if seen["left"] != count:
                faults.append(f"{what}: {seen['left']} outputs left, not {count}, in {key}")
            marks = ["" for _ in self.data["listing"]]
            for thread, standing in enumerate(state["threads"]):
                if "at" in standing and standing.get("wait") not in ("toBeStarted", "ended", "cutOff"):
                    marks[standing["at"] - self.data["first"]] += chr(ord("A") + thread)
            if seen["marks"] != marks:
                faults.append(f"{what}: the marks are {seen['marks']}, not {marks}, in {key}")
            for thread, standing in enumerate(state["threads"]):
                can, does = self.does(standing, sleeps)
                shown = seen["threads"][thread]
                if (shown["can"], shown["does"]) != (can, does):
                    faults.append(f"{what}: thread {thread} {shown}, not {can}: {does!r}, in {key}")
                step = seen["steps"].get(str(thread))
                if can and step:
                    edges += 1
                    line = standing.get("line")
                    if step["line"] != (None if line is None else self.text[line]):
                        faults.append(f"{what}: thread {thread} printed {step['line']!r} in {key}")
                    left.append((step["key"], standing["to"]))
        if len(known) != len(walked["states"]):
            faults.append(f"{what}: {len(walked['states'])} states, of which the engine knows {len(known)}")
        return edges


def outputs(walked):
    """All outputs that the walked steps lead to."""
    found, left = set(), [(walked["first"], ())]
    while left:
        key, output = left.pop()
        steps = walked["states"][key]["steps"].values()
        if not steps:
            found.add(output)
        for step in steps:
            left.append((step["key"], output + ((step["line"],) if step["line"] is not None else ())))
    return found


@functools.cache
def listed(lesson, number):
    """The outputs of a program that `cargo xtask orders` lists: with its sleeps, and all."""
    if not number:
        return orders(lesson, ROOT, {})
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(ROOT / "crates", folder / "crates")
        shutil.copy(ROOT / "Cargo.lock", folder)
        manifest = (ROOT / "Cargo.toml").read_text().replace(', "xtask"', "")
        (folder / "Cargo.toml").write_text(manifest)
        diff = ROOT / "docs" / "try" / f"{lesson}-{number}.diff"
        subprocess.run(["git", "apply", diff], cwd=folder, check=True)
        return orders(lesson, folder, {"CARGO_TARGET_DIR": str(ROOT / "target" / "explorers")})


def orders(lesson, folder, variables):
    tool = ROOT / "target" / "debug" / "xtask"
    command = [tool, "orders", lesson, "--limit", "100000"]
    ran = subprocess.run(command, cwd=folder, env=os.environ | variables, capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"error: {' '.join(map(str, command))}: {ran.stderr}")
    names = dict(re.findall(r"^ +(\d+)  `(.*)`$", ran.stdout, re.MULTILINE))
    _, found = re.split(r"^\d+ orders? with its sleeps, by.*\n", ran.stdout, flags=re.MULTILINE)
    likely, _, more = found.partition(" without its sleeps\n")
    rows = [re.findall(r"^(?: +\d+)+$", part, re.MULTILINE) for part in (likely, more)]
    likely, more = ({tuple(names[it] for it in row.split()) for row in part} for part in rows)
    return likely, likely | more


def walk(driver, explorer, engine, lesson, number, language):
    likely, possible = listed(lesson, number)
    for sleeps, expected in [(False, possible), (True, likely)]:
        what = f"{language}: {lesson}{f' with try it {number}' if number else ''}"
        what += ", keeping to the sleeps" if sleeps else ""
        walked = driver.execute_script(WALK, explorer, sleeps)
        faults.extend(f"{what}: {fault}" for fault in walked["faults"])
        edges = engine.compare(walked, sleeps, what)
        found = outputs(walked)
        if found != expected:
            faults.append(f"{what}: {len(found - expected)} outputs too many, {len(expected - found)} missing")
        print(f"{what}: {len(walked['states'])} states, {edges} steps, {len(found)} outputs")


def play(driver, explorer, engine, lesson, number, language):
    what = f"{language}: {lesson}{f' with try it {number}' if number else ''}"

    def hold(is_so, words):
        if not is_so:
            faults.append(f"{what}: {words}")

    words, challenges = engine.words, engine.data["challenges"]
    ways = [(way, [engine.text.index(line) for line in engine.printed(way)[0]]) for way, _ in engine.ways()]
    unlikely = next((way for way, step in engine.ways() if "unlikely" in step), [])
    meet, miss = [], []
    for challenge in challenges:
        line, before = challenge["line"], challenge.get("before")
        met = [way for way, lines in ways if line in lines and before not in lines]
        hold(bool(met) != ("forbidden" in challenge), f"{challenge} is not so")
        meet.append(min(met, key=len, default=[]))
        # The furthest way on which the other line comes first.
        missed = [way for way, lines in ways if before in lines[:-1] and line == lines[-1]]
        miss.append(max(missed, key=len, default=[]))
    seen = driver.execute_script(PLAY, explorer, {"unlikely": unlikely, "meet": meet, "miss": miss})
    hold(seen["undoneNothing"]["status"] == words["notUndone"], "an undo of nothing says nothing")
    hold(seen["unlikely"]["output"] == engine.printed(unlikely)[0], f"{unlikely} leads to {seen['unlikely']}")
    if unlikely:
        output, number_then = engine.printed(unlikely)
        kept = seen["unlikelyKept"]
        hold((kept["left"], kept["able"]) == ("0", 0), f"what is unlikely already goes on: {kept}")
        steps = [it for it in engine.data["states"][number_then]["threads"] if "to" in it]
        hold(kept["does"].count(words["past"]) == len(steps), f"of what is unlikely: {kept['does']}")
        said = seen["keptAtRandom"]
        hold(said.endswith(words["past"]), f"at random, what is unlikely already says {said!r}")
        said = seen["undone"]["status"]
        hold(said == engine.fill("undone", line=output[-1]), f"undo says {said}")
        hold(seen["undone"]["able"] > 0, f"nothing can be done after an undo: {seen['undone']}")
    for found, expected in zip(seen["random"], listed(lesson, number)):
        hold(tuple(found["output"]) in expected, f"chance brings {found['output']}")
        hold((found["left"], found["able"]) == ("1", 0), f"chance does not come to the end: {found}")
    hold(seen["random"][0]["status"] == words["possible"], f"of a likely output: {seen['random'][0]['status']}")
    for challenge, played in zip(challenges, seen["challenges"], strict=True):
        hold(played["isMet"] == ("forbidden" not in challenge), f"{challenge} is played to {played}")
        said = words["wrongly"]
        if "forbidden" in challenge:
            forbidden = challenge["forbidden"]
            reason = engine.sentence(forbidden["thread"], forbidden["state"])
            said = engine.fill("rightly", reason=reason)
        hold(played["said"] == said, f"of {challenge} it says {played['said']!r}, not {said!r}")
        if "before" in challenge:
            # Who was right that it cannot be done is not asked to try again.
            missed = said if "forbidden" in challenge else engine.fill("missed", other=engine.text[challenge["before"]])
            missed = [False, missed]
            hold(played["missed"] == missed, f"{challenge} is missed: {played['missed']}, not {missed}")
    for question, (yes, no) in zip(engine.data["questions"], seen["questions"], strict=True):
        output = [engine.text[line] for line in question]
        verdict = check(lesson, output)
        opinions = ["right", "wrong"] if verdict.startswith("possible") else ["wrong", "right"]
        key, reason = engine.judge(question)
        hold((key == "isUnlikely") == ("unlikely" in verdict), f"{output} is {verdict}, and {key}")
        for said, opinion in zip((yes, no), opinions):
            expected = f"{words[opinion]} {reason}"
            hold(said == expected, f"{output} is {verdict}, and {said!r}, not {expected!r}")
    beside, below = driver.execute_script(HEIGHTS, explorer)
    # What a laptop shows of a page, less the bar of the book.
    hold(beside == 0 and below < 650, f"the output begins {beside} pixels below the program, the threads end {below} below")
    hold(not seen["keys"], f"the keys {seen['keys']} reach the page")
    hold(not seen["unfocusable"], "some buttons cannot have the focus")
    # By the address one comes back.
    name = f"{lesson}-{number}" if number else lesson
    way = "".join(map(str, unlikely))
    driver.execute_script("location.hash = arguments[0]", f"{name}={way}")
    # The browser says so to the page only when the script is over.
    output = driver.execute_script(LINES, explorer)
    hold(output == engine.printed(unlikely)[0], f"#{name}={way} leads to {output}")


def check(lesson, output):
    command = [ROOT / "target" / "debug" / "xtask", "check", lesson]
    text = "".join(f"{line}\n" for line in output)
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True).stdout


def pages(driver):
    """Opens every page with an explorer, and gives its language and its explorers."""
    for language in OTHER:
        for page in sorted((BOOK / language).glob("*.html")):
            there = page.read_text(encoding="utf-8").count("<order-explorer ")
            if page.name == "print.html" or not there:
                continue
            # As somebody opens it who has the book on a disk.
            driver.get(page.as_uri())
            drawn = "order-explorer:has([data-outputs-left])"
            WebDriverWait(driver, 60).until(
                lambda it: len(it.find_elements("css selector", drawn)) == there,
                f"{page} does not show its {there} explorers",
            )
            yield language, driver.find_elements("css selector", "order-explorer")
            for entry in driver.get_log("browser"):
                faults.append(f"{page.name}: {entry['message']}")


def main():
    driver = browser(WIDTHS["desktop"])
    walked = 0
    for language, explorers in pages(driver):
        words = literal(ROOT / "docs" / language / "explorer.js")
        for explorer in explorers:
            lesson, number = explorer.get_attribute("lesson"), explorer.get_attribute("try")
            name = f"explorer-{number}.js" if number else "explorer.js"
            engine = Engine(literal(ROOT / "docs" / "generated" / lesson / name), words)
            walk(driver, explorer, engine, lesson, number, language)
            play(driver, explorer, engine, lesson, number, language)
            walked += 1
    driver.quit()
    # On a phone, nothing moves either.
    driver = browser(WIDTHS["phone"])
    for language, explorers in pages(driver):
        for explorer in explorers:
            for sleeps in (False, True):
                again = driver.execute_script(WALK, explorer, sleeps)
                what = f"{language}: {explorer.get_attribute('lesson')} on a phone"
                faults.extend(f"{what}: {fault}" for fault in again["faults"])
    driver.quit()
    for fault in faults[:20]:
        print(f"error: {fault}", file=sys.stderr)
    print(f"walked {walked} explorers, {len(faults)} faults")
    sys.exit(1 if faults or not walked else 0)


main()

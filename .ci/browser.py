"""Opens every page of the built book in a browser.

Needs selenium and a Chromium with its driver. With a folder as its argument, it
leaves a screenshot of each page there.
"""

import base64
import functools
import http.server
import pathlib
import shutil
import sys
import threading

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

BOOK = pathlib.Path(__file__).parent.parent / "target" / "book"
WIDTHS = {"desktop": 1280, "phone": 390}
THEMES = ["light", "navy"]
SEARCHED = {"en": ["daemon", "fork"], "ko": ["데몬", "스레드 조인"]}
OTHER = {"en": "ko", "ko": "en"}

faults = []


def serve():
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=BOOK)
    http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    # A browser that goes on to the next page hangs up on the last one.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def browser(width):
    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu"]:
        options.add_argument(argument)
    # A window is no narrower than 500, but what it shows of a page can be.
    metrics = {"width": width, "height": 900, "pixelRatio": 1.0}
    options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


def look(driver, what):
    """What can be wrong with a page whatever it says."""
    for entry in driver.get_log("browser"):
        if entry["level"] in ("SEVERE", "WARNING"):
            faults.append(f"{what}: {entry['message']}")
    broken = driver.execute_script(
        "return [...document.images].filter((it) => !it.naturalWidth).map((it) => it.src)"
    )
    faults.extend(f"{what}: {picture} is broken" for picture in broken)
    wide = driver.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    if wide > 0:
        faults.append(f"{what}: {wide} pixels wider than the window")


def keep(driver, file):
    whole = {"captureBeyondViewport": True}
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", whole)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(base64.b64decode(picture["data"]))


def search(driver, page, text):
    driver.get(page)
    driver.find_element(By.ID, "mdbook-search-toggle").click()
    driver.find_element(By.ID, "mdbook-searchbar").send_keys(text)
    WebDriverWait(driver, 10).until(
        lambda it: it.find_elements(By.CSS_SELECTOR, "#mdbook-searchresults li"),
        f"{page}: nothing is found for {text}",
    )


def main():
    shots = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None
    address = serve()
    looked_at = 0
    for device, width in WIDTHS.items():
        driver = browser(width)
        for language, other in OTHER.items():
            pages = sorted(BOOK.glob(f"{language}/*.html"))
            pages = [it.name for it in pages if it.name not in ("toc.html", "404.html")]
            for page in pages:
                url = f"{address}/{language}/{page}"
                for theme in THEMES:
                    driver.get(url)
                    driver.execute_script("localStorage.setItem('mdbook-theme', arguments[0])", theme)
                    driver.get(url)
                    what = f"{language}/{page} on a {device} in {theme}"
                    look(driver, what)
                    looked_at += 1
                    if shots:
                        keep(driver, shots / f"{language}-{page[:-5]}-{device}-{theme}.png")
                if page == "print.html":
                    continue
                driver.find_element(By.CSS_SELECTOR, f".languages a[lang={other}]").click()
                if driver.current_url != f"{address}/{other}/{page}":
                    faults.append(f"{url} switches to {driver.current_url}")
                if driver.find_element(By.TAG_NAME, "html").get_attribute("lang") != other:
                    faults.append(f"{other}/{page} does not declare its language")
            for text in SEARCHED[language]:
                search(driver, f"{address}/{language}/index.html", text)
        driver.quit()
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    print(f"looked at {looked_at} pages, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace TiMix.EndToEnd.Tests;

/// <summary>
/// The dashboard of a real run of several processes, in a real browser: what it shows is what the HTTP interface says, and what
/// is pressed there happens. TIMIX_SCREENSHOTS=DIR keeps pictures of each view.
/// </summary>
public sealed class DashboardTests(ElasticRuns.Undisturbed undisturbed) : ElasticRuns(undisturbed)
{
    private const string Chromium = "/usr/bin/chromium";
    private static readonly string[] Browser = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];

    [Fact]
    public async Task A_trainer_dies_and_comes_back_scale_drain_pause_and_continue_are_pressed_and_the_weights_are_the_same()
    {
        Assert.SkipUnless(File.Exists(Chromium), $"There is no {Chromium}; apt-get install chromium.");
        using var run = TimixProcess.Elastic(Runs, "run", "--threads", "1", "--trainers", "2");
        await run.StepAsync(3);
        var live = LiveRun.Of(Runs, "run");

        // On a busy machine the run could be over by the time that the browser has started.
        await live.AskAsync("pause");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Chromium, Args = Browser });
        var page = await browser.NewPageAsync(
            new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 }, ColorScheme = ColorScheme.Light });
        var errors = new List<string>();
        page.Console += (_, message) => errors.AddRange(message.Type == "error" ? [message.Text] : Array.Empty<string>());
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(live.Url);

        await Shows(page, "#connection", "live");
        await Shows(page, "#status", "paused");
        await PressAsync(page, "[data-wish=continue]");
        await Shows(page, "#change-table", "continued on request");
        await PressAsync(page, "[data-wish=pause]");
        await Shows(page, "#answer", "hold still");
        await Shows(page, "#status", "paused");
        var paused = await live.StateAsync(state => state["trainers"]!.AsArray().All(trainer => Text(trainer!["phase"]) == "Stopped"));
        await Shows(page, "#progress-text", $"step {paused["step"]} of 60");
        await ShowsTheSharesAsync(page, paused);
        foreach (var node in paused["nodes"]!.AsArray())
        {
            await Shows(page, "#node-table", Text(node!["name"])!);
            await Shows(page, "#node-table", node["processId"]!.ToString());
        }

        await page.Locator("#trainers").FillAsync("3");
        await PressAsync(page, "#scale button");
        await Shows(page, "#answer", "trainer-3");
        await Shows(page, "#lanes", "trainer-3");
        await PressAsync(page, "[data-wish=snapshot]");
        await Shows(page, "#snapshot-table", paused["step"]!.ToString());
        await ScreenshotsAsync(page, "paused");
        await PressAsync(page, "[data-wish=continue]");
        await Shows(page, "#change-table", "continued on request");

        await live.StateAsync(state => state["trainers"]!.AsArray().Count(trainer => trainer!["count"]!.GetValue<int>() > 0) == 3);
        var victim = (await live.StateAsync(_ => true))["nodes"]!.AsArray().Single(node => Text(node!["name"]) == "trainer-2")!["processId"]!.GetValue<int>();
        using (var kill = TimixProcess.StartShell("kill", ["-9", victim.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.ExitAsync();
        }

        await Shows(page, "#notice-list", "trainer-2 died");
        await Assertions.Expect(page.Locator("#change-table"))
            .ToContainTextAsync(new Regex("trainer-2 (was lost|broke)"), new LocatorAssertionsToContainTextOptions { Timeout = 60_000 });
        await PressAsync(page, "[aria-label='Drain trainer-1']");
        await Shows(page, "#notice-list", "trainer-1 has left");
        await Assertions.Expect(page.Locator("#loss-chart canvas")).ToBeVisibleAsync();
        await ScreenshotsAsync(page, "training");
        Assert.True(await run.ExitAsync() == 0, run.Output);
        await Assertions.Expect(page.Locator("#connection")).Not.ToContainTextAsync("live", new LocatorAssertionsToContainTextOptions { Timeout = 60_000 });
        Assert.True(Expected == TimixProcess.Fingerprint(Runs, "run"), run.Output);
        AssertAudited("run");
        await ReportAsync(page);
        Assert.DoesNotContain(errors, error => !error.Contains("net::ERR", StringComparison.Ordinal));
    }

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    private static Task Shows(IPage page, string place, string text) =>
        Assertions.Expect(page.Locator(place)).ToContainTextAsync(text, new LocatorAssertionsToContainTextOptions { Timeout = 60_000 });

    private static async Task PressAsync(IPage page, string button)
    {
        await page.Locator(button).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#confirm-yes").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
    }

    private static async Task ShowsTheSharesAsync(IPage page, JsonNode state)
    {
        foreach (var trainer in state["trainers"]!.AsArray())
        {
            var (first, count) = (trainer!["first"]!.GetValue<int>(), trainer["count"]!.GetValue<int>());
            await Assertions.Expect(page.Locator("#lanes tbody tr", new PageLocatorOptions { HasText = Text(trainer["node"]) }))
                .ToContainTextAsync(FormattableString.Invariant($"{first}–{first + count - 1}"));
        }
    }

    /// <summary>The finished run as one file, opened without any server.</summary>
    private async Task ReportAsync(IPage page)
    {
        var file = Path.Combine(Runs, "report.html");
        using var report = TimixProcess.Start("report", "run", "--runs-dir", Runs, "--data-dir", TimixProcess.DataDirectory, "--out", file);
        Assert.True(await report.ExitAsync() == 0, report.Output);
        await page.GotoAsync($"file://{file}");
        await Shows(page, "#status", "finished");
        await Shows(page, "#change-table", "continued on request");
        await Assertions.Expect(page.Locator("#loss-chart canvas")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#mixes-picture img")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("[data-wish=stop]")).ToHaveCountAsync(0);
        await ScreenshotsAsync(page, "report");
    }

    private static async Task ScreenshotsAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("TIMIX_SCREENSHOTS") is not { Length: > 0 } directory)
        {
            return;
        }

        Directory.CreateDirectory(directory);
        foreach (var (look, width, scheme) in new[] { ("light", 1280, ColorScheme.Light), ("dark", 1280, ColorScheme.Dark), ("phone", 360, ColorScheme.Light) })
        {
            await page.SetViewportSizeAsync(width, 900);
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
            await page.WaitForTimeoutAsync(1500);
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(directory, $"{name}-{look}.png"), FullPage = true });
        }

        await page.SetViewportSizeAsync(1280, 900);
    }
}

using SkiaSharp;
using TiMix.Base;
using TiMix.Node.Pictures;
using TiMix.Node.Reporting;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Work.Evaluation;

namespace TiMix.Node.Tests.Reporting;

public sealed class ReportingTests
{
    private static readonly RunOptions Options = new() { Name = "r", RunsDirectory = "runs", DataDirectory = "data", Recipe = new Recipe() };

    [Fact]
    public void The_plain_reporter_writes_a_line_now_and_then()
    {
        using var output = new StringWriter();
        var reporter = new PlainReporter(Options, output, quiet: false);
        reporter.Phase(new RunPhase.Training());
        for (var step = 1; step <= 400; step++)
        {
            reporter.StepCompleted(Step(step, 400));
        }

        reporter.Notice(new Notice.DataProblem("a.tar", "careful"));
        reporter.Notice(new Notice.NodeGoesOn("trainer-1"));
        reporter.Notice(new Notice.JournalRefused("no disk"));
        reporter.Evaluated(Evaluation());
        var lines = output.ToString().TrimEnd().Split('\n');
        Assert.Equal("r: training", lines[0]);
        Assert.Equal(41, lines.Count(line => line.StartsWith("step ", StringComparison.Ordinal) && line.Contains("loss", StringComparison.Ordinal)));
        Assert.Contains("step 1/400", lines[1], StringComparison.Ordinal);
        Assert.Contains("loss 1.500", lines[1], StringComparison.Ordinal);
        Assert.Contains("warning: a.tar: careful", lines);
        Assert.Contains("trainer-1 goes on", lines);
        Assert.Contains("error: The journal cannot be written (no disk); this coordinator steps down. Training goes on without one.", lines);
        Assert.Contains("test: mean recall 33.33 %", lines[^1], StringComparison.Ordinal);
        Assert.Equal(400, reporter.Progress.Last!.Step);
        Assert.Equal(TimeSpan.Zero, reporter.Progress.TimeLeft);
    }

    [Fact]
    public void The_quiet_reporter_writes_nothing_and_still_knows()
    {
        using var output = new StringWriter();
        var reporter = new PlainReporter(Options, output, quiet: true);
        reporter.StepCompleted(Step(1, 4));
        reporter.Notice(new Notice.JournalRefused("x"));
        reporter.SnapshotCommitted(1, "d");
        Assert.Empty(output.ToString());
        Assert.Equal("step 1", reporter.Progress.Snapshot);
        Assert.Equal(1.5, reporter.Progress.TimeLeft!.Value.TotalSeconds);
    }

    [Fact]
    public void The_table_has_every_metric_and_what_chance_would_be()
    {
        using var output = new StringWriter();
        EvaluationTable.Write(Evaluation(), output);
        var text = output.ToString();
        Assert.Contains("After 7 steps", text, StringComparison.Ordinal);
        Assert.Matches(@"test\s+8\s+12\.50\s+62\.50\s+100\.00\s+25\.00\s+75\.00\s+100\.00\s+33\.33\s+2\.5", text);
        Assert.Contains("1.25 nats", text, StringComparison.Ordinal);
        Assert.Contains("chance is 58.33 %", text, StringComparison.Ordinal);
        Assert.Contains("points into the box 40.0 % (random 10.0", text, StringComparison.Ordinal);
        Assert.Contains("2 broken samples", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_ranked_anew_stands_below_what_was_not()
    {
        var plain = Evaluation().Splits[0];
        var reranked = new Dictionary<string, double>(plain.Metrics)
        {
            ["rerankedImageToTextR1"] = 37.5, ["rerankedImageToTextR5"] = 50, ["rerankedImageToTextR10"] = 60, ["rerankedTextToImageR1"] = 45,
            ["rerankedTextToImageR5"] = 55,
            ["rerankedTextToImageR10"] = 65, ["rerankedMeanRecall"] = 52.083, ["rerankedMedianRank"] = 1.5,
        };
        using var output = new StringWriter();
        EvaluationTable.Write(new EvaluationReport(7, [plain with { Metrics = reranked }]), output);
        Assert.Matches(@"33\.33\s+2\.5\s+re-ranked\s+8\s+37\.50\s+50\.00\s+60\.00\s+45\.00\s+55\.00\s+65\.00\s+52\.08\s+1\.5", output.ToString());
    }

    [Fact]
    public void The_losses_on_image_and_text_together_are_shown_where_they_are_on()
    {
        using var output = new StringWriter();
        var reporter = new PlainReporter(Options, output, quiet: false);
        reporter.StepCompleted(Step(1, 4));
        Assert.DoesNotContain("itm", output.ToString(), StringComparison.Ordinal);
        reporter.StepCompleted(Step(2, 4) with { Values = new(("itm", 0.5), ("itmAccuracy", 0.75), ("mlm", 2), ("mlmAccuracy", 0.25), ("prefixLm", 1.5)) });
        Assert.Contains("itm 0.500 (75 %)  mlm 2.000 (25 %)  prefix 1.500", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_sheet_shows_picture_partner_and_the_partners_window_in_the_mixed_one()
    {
        const int size = 16;
        byte[] red = [.. Enumerable.Repeat((byte)255, size * size), .. new byte[2 * size * size]];
        byte[] blue = [.. new byte[2 * size * size], .. Enumerable.Repeat((byte)255, size * size)];
        byte[] Window(byte[] ground, byte[] pasted, int x, int y) =>
            [.. Enumerable.Range(0, 3 * size * size).Select(
                at => at % size >= x && at % size < x + 8 && at / size % size >= y && at / size % size < y + 8 ? pasted[at] : ground[at])];
        var preview = new MixPreview(
            size, 4, [.. red, .. blue], ["red", "blue"], new float[32], [1, 0], [.. Window(red, blue, 0, 0), .. Window(blue, red, 8, 8)], 0.75f, 2, [0, 8],
            [4, 0]);
        using var sheet = MixSheet.Draw(preview);
        Assert.Equal((828, 34 + (2 * 230)), (sheet.Width, sheet.Height));
        SKColor At(int row, int column, int x, int y) => sheet.GetPixel(12 + (column * 204) + x, 34 + (row * 230) + y);
        Assert.Equal(SKColors.Red, At(0, 0, 150, 150));
        Assert.Equal(SKColors.Blue, At(0, 2, 150, 150));
        Assert.Equal(SKColors.Blue, At(0, 3, 48, 48));
        Assert.Equal(SKColors.Red, At(0, 3, 150, 150));
        Assert.Equal(SKColors.Red, At(1, 3, 144, 144));
        Assert.Equal(SKColors.Blue, At(1, 3, 40, 40));
        Assert.Equal(SKColors.White, sheet.GetPixel(4, 200));
    }

    [Fact]
    public void A_sheet_that_cannot_be_written_is_the_users_mistake()
    {
        var preview = new MixPreview(4, 1, new byte[96], ["a", "b"], [], [1, 0], new byte[96], 1, 0, [], []);
        Assert.Contains(
            "cannot be written", Assert.Throws<RunError>(() => MixSheet.Write(preview, Path.Combine(Path.GetTempPath(), "no-such-directory", "x.png"))).Message,
            StringComparison.Ordinal);
    }

    private static StepReport Step(long step, long steps) =>
        new(step, steps, 0, 1.5, new(("itc", 1), ("mix", 0.25), ("alignment", 0.25), ("alignmentAccuracy", 0.9)), 0.07, 1e-3, 2, 0.5, 16);

    private static EvaluationReport Evaluation() => new(7,
    [
        new SplitEvaluation("test", 8, new Dictionary<string, double>
        {
            ["imageToTextR1"] = 12.5, ["imageToTextR5"] = 62.5, ["imageToTextR10"] = 100, ["textToImageR1"] = 25, ["textToImageR5"] = 75,
            ["textToImageR10"] = 100,
            ["meanRecall"] = 33.333, ["medianRank"] = 2.5, ["miLowerBoundNats"] = 1.25, ["miShareOfLogN"] = 0.6, ["skippedSamples"] = 2,
            ["pointingGame"] = 40, ["pointingGameRandom"] = 10, ["pointingGameCentre"] = 20, ["pointingGameLargestBox"] = 30, ["energyInBox"] = 15,
            ["energyInBoxRandom"] = 5,
        }),
    ]);
}

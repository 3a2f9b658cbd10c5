using System.Text.Json.Nodes;
using Spectre.Console;
using Spectre.Console.Rendering;
using TiMix.Node.Commands;
using TiMix.Node.Launching;
using TiMix.Node.Processes;
using TiMix.Node.Reporting;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;

namespace TiMix.Node.Tests.Reporting;

/// <summary>What the user sees of views, faults and audits.</summary>
public sealed class ClusterReportingTests
{
    private static readonly RunOptions Options = new() { Name = "r", RunsDirectory = "runs", DataDirectory = "data", Recipe = new Recipe() };

    private static readonly ViewChange Change = new(
        new View(3, 12, [new Share("x", "trainer-1", "", 0, 4), new Share("y", "trainer-3", "", 4, 4)]), new ViewCause(
            ViewCauseKind.TrainerLost, "trainer-2")
        { Loss = new LossReason(LossKind.LinkBroke) }, 1000, 1214, 1300);

    private static readonly FaultRecovery[] Recoveries =
    [
        new(new InjectedFault("kill", "trainer", "trainer-2", 12, 990), 10, 224, 310), new(
            new InjectedFault("kill", "mixer", "mixer-1", 20, 2000), null, null, null),
        new(new InjectedFault("hang", "trainer", "trainer-3", 30, 3000), 3000, 3300, 3500),
    ];

    [Fact]
    public void A_view_is_a_line_and_so_is_a_lost_trainer()
    {
        using var output = new StringWriter();
        var reporter = new PlainReporter(Options, output, quiet: false);
        reporter.TrainerLost("trainer-2", new LossReason(LossKind.LinkBroke));
        reporter.ViewBegan(Change with { FirstStepAt = 0 });
        reporter.ViewBegan(Change);
        Assert.Equal(
            ["trainer-2 was lost: its link broke", "view 3 from step 12: trainer-1 0–3, trainer-3 4–7 (trainer-2 was lost: its link broke) 214 ms"],
            output.ToString().TrimEnd().Split('\n'));
        Assert.Equal(3, reporter.Progress.View!.Generation);
    }

    [Fact]
    public void A_trainer_that_left_in_order_is_not_called_lost()
    {
        using var output = new StringWriter();
        new PlainReporter(Options, output, quiet: false).TrainerLost("trainer-2", new LossReason(LossKind.Left));
        Assert.Equal("trainer-2 has left", output.ToString().TrimEnd());
    }

    [Fact]
    public void A_table_says_training_once_a_step_is_done_and_a_resumed_run_has_the_snapshot_that_it_goes_on_from()
    {
        var reporter = new LiveReporter(Options);
        reporter.Phase(new RunPhase.StartingNodes(5));
        reporter.Notice(new Notice.Resumed(20, 60));
        Assert.Matches("starting 5 nodes(.|\n)*snapshot +│ step 20", Text(reporter.Render()));
        reporter.StepCompleted(Operations.FakeRun.Step(21));
        Assert.Contains("r  training", Text(reporter.Render()), StringComparison.Ordinal);
        reporter.Phase(new RunPhase.Stopping());
        reporter.StepCompleted(Operations.FakeRun.Step(22));
        Assert.Contains("r  stopping after this step", Text(reporter.Render()), StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_shows_who_has_what_and_the_newest_changes()
    {
        var reporter = new LiveReporter(Options);
        reporter.ViewBegan(Change);
        reporter.Notice(new Notice.FaultInjected(new Fault(FaultKind.Kill, "trainer", 13, TimeSpan.Zero), "trainer-3", 13));
        var text = Text(reporter.Render());
        Assert.Contains("3 from step 12: trainer-1 0–3, trainer-3 4–7", text, StringComparison.Ordinal);
        Assert.Contains("(trainer-2 was lost: its link broke) 214 ms", text, StringComparison.Ordinal);
        Assert.Contains("kill trainer-3", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_chaos_report_has_every_fault_the_median_the_worst_and_the_memory()
    {
        using var output = new StringWriter();
        ChaosReport.Write(
            Recoveries, [new MemorySample("start", "trainer-1", 200.4), new MemorySample("end", "trainer-1", 210), new MemorySample("middle", "mixer-1", 90)],
            output);
        var text = output.ToString();
        Assert.Matches(@"kill +trainer-2 +12 +10 +224 +310", text);
        Assert.Matches(@"kill +mixer-1 +20 +– +– +–", text);
        Assert.Contains("3 faults; from fault to first step of the next view: median 3500 ms, worst 3500 ms", text, StringComparison.Ordinal);
        Assert.Matches(@"trainer-1 +200 +– +210", text);
        Assert.Matches(@"mixer-1 +– +90 +–", text);
    }

    [Fact]
    public void The_audit_is_told_to_people_and_to_programs()
    {
        var audit = new AuditReport(false, true, ["sample 3 came twice in epoch 0: in step 1 and in step 2"], 5, [Change]);
        var examination = new RunExamination(
            RunState.Empty, 12, audit, Recoveries, RunSummaryAdditions.Of([Change], [.. Recoveries.Select(recovery => recovery.Fault)], audit));
        var recipe = new Recipe();
        using var output = new StringWriter();
        AuditCommand.Write(examination, recipe, output);
        Assert.Contains(
            "view 3 from step 12: trainer-1 0–3, trainer-3 4–7 (trainer-2 was lost: its link broke); detected, installed +214 ms, first step +300 ms",
            output.ToString(), StringComparison.Ordinal);
        Assert.Contains("steps    1 to 12 of 1000: each counts once", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("samples  NOT PROVEN", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("and 4 more", output.ToString(), StringComparison.Ordinal);
        var json = JsonNode.Parse(AuditCommand.Json(examination, recipe).ToJsonString())!;
        Assert.Equal((false, false, true), (json["proven"]!.GetValue<bool>(), json["samplesOnce"]!.GetValue<bool>(), json["stepsOnce"]!.GetValue<bool>()));
        Assert.Equal("trainer-3", json["views"]![0]!["shares"]![1]!["node"]!.GetValue<string>());
    }

    [Fact]
    public void A_cluster_that_was_stopped_or_failed_is_resumed_as_a_cluster()
    {
        using var output = new StringWriter();
        Assert.Equal(ExitCode.Done, FinalReport.Write(Options, new RunResult(RunOutcome.Stopped, "d", null, null), new RunProgress(), output, null, 3));
        Assert.Equal(ExitCode.Failed, FinalReport.Write(Options, new RunResult(RunOutcome.Failed, "d", null, "it broke"), new RunProgress(), output, null, 3));
        Assert.Equal(2, output.ToString().Split("timix resume r --trainers 3").Length - 1);
    }

    private static string Text(IRenderable table)
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = 160;
        console.Write(table);
        return writer.ToString();
    }
}

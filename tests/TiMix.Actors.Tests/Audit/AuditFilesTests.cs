using System.Text.Json.Nodes;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Records;

namespace TiMix.Actors.Tests.Audit;

public sealed class AuditFilesTests : IDisposable
{
    private readonly string _runs = Directory.CreateTempSubdirectory("timix-audit-").FullName;

    public void Dispose() => Directory.Delete(_runs, recursive: true);

    [Fact]
    public void Records_are_lines_that_read_back()
    {
        using var directory = RunDirectory.Create(_runs, "r", "{}");
        using (var log = new AuditLog(directory, "trainer-1"))
        {
            log.Append(Record(1));
        }

        var file = Path.Combine(AuditLog.DirectoryIn(directory), "trainer-1.jsonl");
        Assert.Equal(
            """{"generation":3,"step":1,"trainer":"t","epoch":0,"microBatches":[{"index":0,"by":"t","samples":[12,99]}]}""",
            Assert.Single(File.ReadAllLines(file)));
        Assert.Equal([12, 99], Assert.Single(AuditLog.ReadAll(directory)).MicroBatches[0].Samples);
    }

    [Fact]
    public void A_line_is_there_for_others_as_soon_as_it_is_appended()
    {
        var file = Path.Combine(_runs, "a.jsonl");
        using var log = new AuditLog(file);
        log.Append(Record(1));
        Assert.Single(AuditLog.Read(file));
    }

    [Fact]
    public void A_torn_line_is_left_out_and_does_not_swallow_what_the_next_process_writes()
    {
        var file = Path.Combine(_runs, "a.jsonl");
        using (var log = new AuditLog(file))
        {
            log.Append(Record(1));
        }

        File.AppendAllText(file, """{"generation":3,"step":2,"tra""");
        Assert.Equal([1L], AuditLog.Read(file).Select(record => record.Step));
        using (var log = new AuditLog(file))
        {
            log.Append(Record(2));
        }

        Assert.Equal([1L, 2L], AuditLog.Read(file).Select(record => record.Step));
    }

    [Fact]
    public void A_run_without_an_audit_has_no_records()
    {
        using var directory = RunDirectory.Create(_runs, "r", "{}");
        Assert.Empty(AuditLog.ReadAll(directory));
    }

    [Fact]
    public void The_summary_says_how_long_each_fault_took_to_get_over()
    {
        ViewChange[] changes =
        [
            Change(1, 100, 150, 190, "nobody joins", "trainer-1", "trainer-2"),
            Change(2, 1020, 0, 0, "trainer-2 was lost: its process has died", "trainer-1"),
            Change(3, 1500, 1600, 1700, "trainer-2 joins", "trainer-1", "trainer-2", "trainer-3"),
            Change(4, 4000, 4100, 0, "trainer-1 was lost: its link broke", "trainer-2"),
        ];
        InjectedFault[] faults =
        [
            new("kill", "trainer", "trainer-2", 12, 1000), new("kill", "mixer", "mixer-1", 20, 2000), new("kill", "trainer", "trainer-1", 40, 3990), new(
                "kill", "coordinator", "coordinator", 50, 9000),
        ];
        var additions = RunSummaryAdditions.Of(changes, faults, new AuditReport(true, false, [], 0, []));
        Assert.Equal((3, 3), (additions["trainers"]!.GetValue<int>(), additions["views"]!.GetValue<int>()));
        Assert.Equal(
            [
                """{"kind":"kill","node":"trainer-2","step":12,"detectedMs":20,"viewMs":600,"firstStepMs":700}""",
                """{"kind":"kill","node":"mixer-1","step":20,"detectedMs":null,"viewMs":null,"firstStepMs":null}""",
                """{"kind":"kill","node":"trainer-1","step":40,"detectedMs":10,"viewMs":110,"firstStepMs":null}""",
                """{"kind":"kill","node":"coordinator","step":50,"detectedMs":null,"viewMs":null,"firstStepMs":null}""",
            ],
            additions["faults"]!.AsArray().Select(fault => fault!.ToJsonString()));
        Assert.Equal("""{"samplesOnce":true,"stepsOnce":false}""", additions["audit"]!.ToJsonString());
    }

    [Fact]
    public void Two_trainers_that_die_together_are_met_by_one_view()
    {
        ViewChange[] changes =
        [
            Change(1, 100, 150, 190, "nobody joins", "trainer-1", "trainer-2", "trainer-3"),
            Change(2, 1030, 1100, 1200, "trainer-1 was lost: its process has died", "trainer-3"),
        ];
        InjectedFault[] faults = [new("kill", "trainer", "trainer-2", 12, 1000), new("kill", "trainer", "trainer-1", 12, 1005)];
        var recoveries = RunSummaryAdditions.Recoveries(changes, faults);
        Assert.Equal([200L, 195L], recoveries.Select(recovery => recovery.FirstStepMs));
    }

    [Fact]
    public void A_trainer_that_dies_before_it_is_in_a_view_and_a_coordinator_delay_nothing_and_a_newcomer_has_its_first_view()
    {
        ViewChange[] changes =
        [
            Change(1, 100, 150, 190, "nobody joins", "trainer-1"),
            Change(2, 3000, 3100, 3200, "trainer-2 joins", "trainer-1", "trainer-2"),
            Change(3, 5000, 5100, 5200, "trainer-3 joins", "trainer-1", "trainer-2", "trainer-3"),
        ];
        InjectedFault[] faults =
        [
            new("kill", "trainer", "trainer-2", 3, 1000),
            new("join", "trainer", "trainer-3", 4, 1500),
            new("kill", "coordinator", "coordinator", 5, 2000),
        ];
        var recoveries = RunSummaryAdditions.Recoveries(changes, faults);
        Assert.Equal([null, 3700L, null], recoveries.Select(recovery => recovery.FirstStepMs));
    }

    [Fact]
    public void The_additions_join_what_the_summary_says_already()
    {
        using var directory = RunDirectory.Create(_runs, "r", "{}");
        File.WriteAllText(directory.Summary, """{"run":"r","views":0}""");
        RunSummaryAdditions.Write(directory, new JsonObject { ["views"] = 2, ["faults"] = new JsonArray() });
        Assert.Equal("""{"run":"r","views":2,"faults":[]}""", JsonNode.Parse(File.ReadAllText(directory.Summary))!.ToJsonString());
    }

    [Fact]
    public void A_view_reads_as_a_line()
    {
        var view = new View(3, 12, [new Share("x", "trainer-1", "", 0, 4), new Share("y", "trainer-3", "", 4, 1), new Share("z", "trainer-4", "", 5, 0)]);
        var cause = new ViewCause(ViewCauseKind.TrainerLost, "trainer-2") { Loss = new LossReason(LossKind.LinkBroke) };
        var change = new ViewChange(view, cause, 1000, 1214, 0);
        Assert.Equal("view 3 from step 12: trainer-1 0–3, trainer-3 4, trainer-4 none (trainer-2 was lost: its link broke) 214 ms", ViewText.Line(change));
        Assert.EndsWith("installed +214 ms, first step never", ViewText.TimelineLine(change), StringComparison.Ordinal);
    }

    private static AuditRecord Record(long step) => new(3, step, "t", 0, [new AuditMicroBatch(0, "t", [12, 99])]);

    private static ViewChange Change(long generation, long detected, long installed, long first, string reason, params string[] nodes) =>
        new(new View(generation, 0, [.. nodes.Select(node => new Share(node, node, "", 0, 1))]), ViewCauseFormat.Parse(reason), detected, installed, first);
}

using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TiMix.Node.Operations;
using TiMix.Protocol.Values;
using TiMix.Runs.Records;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Node.Tests.Operations;

/// <summary>What is left of a run to be looked at.</summary>
public sealed class ReportTests : IAsyncDisposable
{
    private readonly FakeRun _run = new();

    public async ValueTask DisposeAsync() => await _run.DisposeAsync();

    [Fact]
    public void A_report_holds_its_data_its_scripts_and_its_styles_and_asks_nobody_for_anything()
    {
        Write(3);
        var view = new View(1, 0, [new Share("a~1", "trainer-1", "tcp://a", 0, 4)]);
        IReadOnlyList<IEvent> journal =
        [
            new RunStarted("{}", 1300, 4, 1), new TrainerJoined("a~1", "trainer-1", 5), new ViewProposed(
                view, [], 1, new ViewCause(ViewCauseKind.Joins, "</script><b>trainer-1</b>"), 5, 6), new ViewInstalled(1, 7),
            new ProgressRecorded(1, 2, 8), new TrainerLost("a~1", "trainer-1", new LossReason(LossKind.ProcessDied), 9),
        ];
        var page = RunReport.Html(_run.Options, RunReport.BoardOf(_run.Directory), journal, [1, 2, 3]);
        Assert.DoesNotContain("\"assets/", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("^(import|export) ", RegexOptions.Multiline), page);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
        Assert.Equal(3, Regex.Count(page, "</script>"));
        var data = JsonNode.Parse(Regex.Match(page, "id=\"report\">(.*?)</script>").Groups[1].Value)!;
        Assert.Equal("[1,2,3]", data["series"]!["steps"]!.ToJsonString());
        Assert.Equal("</script><b>trainer-1</b> joins", data["state"]!["views"]![0]!["reason"]!.GetValue<string>());
        Assert.Equal(("trainer-1", 2L), (data["state"]!["losses"]![0]!["node"]!.GetValue<string>(), data["state"]!["losses"]![0]!["step"]!.GetValue<long>()));
        Assert.Equal("data:image/png;base64,AQID", data["mixes"]!.GetValue<string>());
    }

    [Fact]
    public void TensorBoard_reads_every_step_and_evaluation_from_records_whose_checksums_hold()
    {
        Write(2);
        var board = RunReport.BoardOf(_run.Directory);
        RunReport.WriteTensorBoard(_run.Directory, board);
        var file = RunReport.WriteTensorBoard(_run.Directory, board);
        Assert.Equal(file, Assert.Single(Directory.GetFiles(Path.GetDirectoryName(file)!)));
        var events = Records(File.ReadAllBytes(file)).Select(Tensorboard.Event.Parser.ParseFrom).ToList();
        Assert.Equal("brain.Event:2", events[0].FileVersion);
        Assert.Equal([0, 1, 2, 2], events.Select(happened => happened.Step));
        Assert.Equal(2f, Assert.Single(events[1].Summary.Value, value => value.Tag == "loss/total").SimpleValue);
        Assert.Equal(0.5, events[2].WallTime - events[1].WallTime, 3);
        Assert.Equal(12.5f, Assert.Single(events[3].Summary.Value, value => value.Tag == "test/meanRecall").SimpleValue);
    }

    /// <summary>RFC 3720, B.4: CRC-32C of "123456789" is E3069283; masked by the record format's rule.</summary>
    [Fact]
    public void The_checksum_is_the_published_one() =>
        Assert.Equal(unchecked(((0xE3069283u >> 15) | (0xE3069283u << 17)) + 0xA282EAD8u), TensorBoardLog.MaskedCrc(Encoding.ASCII.GetBytes("123456789")));

    private void Write(int steps)
    {
        using var records = new RunRecords(_run.Directory);
        records.Open();
        for (var step = 1; step <= steps; step++)
        {
            records.Add(FakeRun.Step(step), []);
        }

        records.Add(new EvaluationReport(steps, [new SplitEvaluation("test", 10, new Dictionary<string, double> { ["meanRecall"] = 12.5 })]));
    }

    private static IEnumerable<byte[]> Records(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(TensorBoardLog.MaskedCrc(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            var data = bytes[(at + 12)..(at + 12 + length)];
            Assert.Equal(TensorBoardLog.MaskedCrc(data), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            yield return data;
            at += 16 + length;
        }
    }
}

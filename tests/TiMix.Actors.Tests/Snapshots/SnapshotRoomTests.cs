using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Runs.Snapshots;

namespace TiMix.Actors.Tests.Snapshots;

public sealed class SnapshotRoomTests
{
    [Theory]
    [InlineData(999, false, true)]
    [InlineData(3_999, true, true)]
    [InlineData(4_000, true, false)]
    public void Less_than_one_is_refused_and_less_than_what_is_kept_is_little(long free, bool begins, bool little)
    {
        var room = new SnapshotRoom("/runs", 1_000, free);
        Assert.Equal(little, room.IsLittle(3));
        if (begins)
        {
            room.Demand();
            return;
        }

        var refusal = Assert.Throws<RunError>(room.Demand).Message;
        Assert.Equal("a snapshot of this run needs 0.1 MB, and /runs has 0.1 MB free; make room, choose another --runs-dir, or a smaller model.", refusal);
    }

    [Fact]
    public void What_nobody_knows_is_neither()
    {
        var room = new SnapshotRoom("/runs", 1_000, null);
        room.Demand();
        Assert.False(room.IsLittle(100));
    }

    [Fact]
    public void What_is_asked_for_is_more_than_a_snapshot_takes_and_less_than_twice_that()
    {
        var model = new ModelConfig
        {
            ImageSize = 32, PatchSize = 4, VisionWidth = 128, VisionLayers = 2, VisionHeads = 2, TextWidth = 128, TextLayers = 2, TextHeads = 2, EmbedDim = 32,
            ContextLength = 9, VocabularySize = 999,
        };
        var layout = DualEncoder.LayoutOf(model);
        var directory = Directory.CreateTempSubdirectory("timix-room-").FullName;
        try
        {
            float[] Values() => new float[layout.Length];
            var content = new SnapshotContent(4, Values(), Values(), Values(), Values(), new Dictionary<long, float[]> { [1] = Values() });
            new SnapshotStore(directory).Write(content, layout, model, "{}", 1);
            var room = SnapshotRoom.Of(Path.Combine(directory, "not", "there", "yet"), layout);
            var taken = Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
            Assert.InRange(room.Snapshot, taken, 2 * taken);
            Assert.InRange(room.Free!.Value, 1, long.MaxValue);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}

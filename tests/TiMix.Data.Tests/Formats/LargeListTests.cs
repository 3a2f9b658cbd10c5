using System.Text;
using TiMix.Data.Formats;

namespace TiMix.Data.Tests.Formats;

/// <summary>Alone in the process, because the process's memory is what it measures.</summary>
[CollectionDefinition(nameof(LargeListTests), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(LargeListTests))]
public sealed class LargeListTests : IDisposable
{
    private readonly SourceFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_large_list_is_not_held_in_memory()
    {
        var caption = new string('x', 1000);
        using (var writer = new StreamWriter(_files.In("large.json"), append: false, new UTF8Encoding(false)))
        {
            writer.Write('[');
            for (var i = 0; i < 100_000; i++)
            {
                writer.Write($"{(i == 0 ? "" : ",\n")}{{\"image\": \"none/{i}.png\", \"caption\": \"{caption}\"}}");
            }

            writer.Write(']');
        }

        Assert.True(new FileInfo(_files.In("large.json")).Length > 100_000_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var source = PictureSource.Open(_files.Options("large.json"));
        Assert.Equal(100_000, source.Count);
        // What is held once all has been read: the index of names, far less than the file; not to speak of several times the file.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, 0, 40_000_000);
    }
}

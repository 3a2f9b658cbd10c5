using System.Text;
using TiMix.Data.Formats;

namespace TiMix.Data.Tests.Formats;

/// <summary>Alone: other tests' memory would be counted.</summary>
[CollectionDefinition(nameof(LargeSourceTests), DisableParallelization = true)]
[Collection(nameof(LargeSourceTests))]
public sealed class LargeSourceTests : IDisposable
{
    private const int Entries = 50_000;
    private readonly SourceFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("large.json")]
    [InlineData("large.jsonl")]
    [InlineData("large.tsv")]
    public void A_large_file_is_not_held_in_memory_while_it_is_read(string file)
    {
        var caption = new string('x', 1000);
        using (var writer = new StreamWriter(_files.In(file), append: false, new UTF8Encoding(false)))
        {
            writer.Write(Path.GetExtension(file) switch { ".json" => "[", ".tsv" => "filepath\ttitle\n", _ => "" });
            for (var i = 0; i < Entries; i++)
            {
                writer.Write(Path.GetExtension(file) switch
                {
                    ".tsv" => $"none/{i}.png\t{caption}\n",
                    ".jsonl" => $"{{\"image\": \"none/{i}.png\", \"caption\": \"{caption}\"}}\n",
                    _ => $"{(i == 0 ? "" : ",\n")}{{\"image\": \"none/{i}.png\", \"caption\": \"{caption}\"}}",
                });
            }

            writer.Write(file.EndsWith(".json", StringComparison.Ordinal) ? "]" : "");
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var source = PictureSource.Open(_files.Options(file));
        var (missing, atTheEnd) = (0, long.MaxValue);
        Assert.Empty(source.Read(
            _ =>
            {
                if (++missing == Entries - 100)
                {
                    atTheEnd = GC.GetTotalMemory(forceFullCollection: true) - before;
                }
            },
            TestContext.Current.CancellationToken));
        Assert.Equal((Entries, Entries), (source.Count, missing));
        // The file has 50 MB, its captions as strings 100; the index of names needs some 40 bytes an entry. Less than nothing is what other tests left.
        Assert.True(atTheEnd < 12_000_000, $"{atTheEnd} bytes are held");
    }
}

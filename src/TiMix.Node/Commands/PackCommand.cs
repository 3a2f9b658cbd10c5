using System.CommandLine;
using System.Globalization;
using TiMix.Base;
using TiMix.Data.Formats;
using TiMix.Data.Shards;
using TiMix.Node.Processes;

namespace TiMix.Node.Commands;

/// <summary><c>timix data pack</c>.</summary>
internal static class PackCommand
{
    public static Command Pack(TextWriter output)
    {
        var source = new SourceArguments();
        var to = new Option<string>("--out")
        {
            Description = "Shards to write: \"DIR/train-{000..}.tar\" counts as far as need be; test.tar is one file.",
            Required = true,
        };
        var size = new Option<string>("--shard-size") { Description = "Samples of a shard, or its bytes such as 256MB.", DefaultValueFactory = _ => "1000" };
        var captions = new Option<string>("--captions")
        {
            Description = "all, or first: only the first caption of a picture.",
            DefaultValueFactory = _ => "all",
        };
        var force = new Option<bool>("--force") { Description = "Replace shards of these names, also those that are no longer needed." };
        var command = new Command("pack", """
            Packs pictures with captions and boxes into shards for training. The same source gives the same bytes.

            Example: timix data pack dataset_coco.json --images coco --split train,restval --out "shards/train-{000..}.tar"
                     timix data pack captions_val2017.json --boxes instances_val2017.json --images val2017 --out val.tar
            """)
        { to, size, captions, force };
        source.AddTo(command);
        command.SetAction((parsed, stop) =>
        {
            var pattern = new ShardPattern(parsed.GetValue(to)!);
            if (!pattern.Counts && parsed.GetResult(size) is { Implicit: false })
            {
                throw new RunError($"--shard-size is for many shards; {pattern.Text} is one. Right would be --out "
                    + $"\"{Path.ChangeExtension(pattern.Text, null)}-{{000..}}.tar\".");
            }

            var options = new PackOptions
            {
                Output = pattern,
                ShardSize = ShardSize.Parse(parsed.GetValue(size)!),
                FirstCaptionOnly = parsed.GetValue(captions) switch
                {
                    "all" => false,
                    "first" => true,
                    var other => throw new RunError($"--captions is \"{other}\"; right would be all or first."),
                },
                Force = parsed.GetValue(force),
            };
            var problems = source.Tally(parsed);
            using var pictures = PictureSource.Open(source.Of(parsed));
            var progress = new Lines(output);
            var packed = ShardPacker.Pack(pictures, options, problems.Add, progress, stop);
            output.WriteLine($"packed    {packed.Pictures} of {pictures.Count} pictures with {packed.Captions} captions and {packed.Regions} boxes");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"shards    {packed.Shards}, {packed.Bytes / 1e6:F1} MB: {packed.Pattern}"));
            SourceArguments.Write(output, problems);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    /// <summary>A line for every twentieth part; at once, not from another thread.</summary>
    private sealed class Lines(TextWriter output) : IProgress<(int Done, int Total)>
    {
        private int _told;

        public void Report((int Done, int Total) value)
        {
            var part = (int)(20L * value.Done / value.Total);
            if (part > _told)
            {
                _told = part;
                output.WriteLine($"{value.Done} of {value.Total} pictures");
            }
        }
    }
}

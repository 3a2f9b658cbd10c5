using TiMix.Data.Formats;

namespace TiMix.Data.Tests.Formats;

public sealed class KarpathyTests : IDisposable
{
    private readonly SourceFiles _files = new SourceFiles().Picture("val2014/a.png").Picture("b.png").Picture("c.png").Text("k.json", """
        {"images": [
          {"filepath": "val2014", "sentids": [1], "filename": "a.png", "imgid": 0, "split": "test",
           "sentences": [{"tokens": ["a"], "raw": "one"}, {"raw": "two"}, {"tokens": []}]},
          {"filename": "b.png", "split": "train", "sentences": [{"raw": "three"}]},
          {"split": "train", "sentences": [{"raw": "nobody"}]},
          {"filename": "c.png", "split": "restval", "sentences": []}],
         "dataset": "coco"}
        """);

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Pictures_lie_under_filepath_and_filename_and_have_all_their_sentences()
    {
        var read = _files.Read("k.json");
        Assert.Equal((PictureFormats.Karpathy, 3), (_files.Format, _files.Count));
        Assert.Equal(["val2014/a.png", "b.png"], read.Select(picture => picture.Name));
        Assert.Equal(["one", "two"], read[0].Captions);
        Assert.Equal([ProblemKind.BrokenEntry, ProblemKind.BrokenEntry, ProblemKind.NoCaption], _files.Kinds);
        Assert.Equal(["k.json: images[0], sentences[2]", "k.json: images[2]", "k.json: images[3]"], _files.Problems.Select(problem => problem.Where));
    }

    [Fact]
    public void A_split_or_several_can_be_taken_and_one_that_is_not_there_is_named()
    {
        Assert.Equal(["val2014/a.png"], _files.Read(_files.Options("k.json") with { Split = "test" }).Select(picture => picture.Name));
        _files.Read(_files.Options("k.json") with { Split = "train, restval" });
        Assert.Equal(2, _files.Count);
        Assert.Contains(
            "no split \"val\"; it has restval (1), test (1), train (2)", _files.Mistake(_files.Options("k.json") with { Split = "train,val" }),
            StringComparison.Ordinal);
    }
}

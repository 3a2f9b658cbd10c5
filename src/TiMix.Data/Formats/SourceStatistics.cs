using TiMix.Data.Text;

namespace TiMix.Data.Formats;

/// <summary>Counts over the usable pictures of a source.</summary>
public sealed class SourceStatistics
{
    /// <summary>Usable pictures.</summary>
    public int Pictures { get; private set; }

    /// <summary>Captions, each a pair with its picture.</summary>
    public long Pairs { get; private set; }

    /// <summary>Fewest captions of a picture.</summary>
    public int FewestCaptions { get; private set; } = int.MaxValue;

    /// <summary>Most captions of a picture.</summary>
    public int MostCaptions { get; private set; }

    /// <summary>Words of all captions, parted by blanks.</summary>
    public long Words { get; private set; }

    /// <summary>Words of the longest caption.</summary>
    public int MostWords { get; private set; }

    /// <summary>Captions of more words than training keeps.</summary>
    public long CutCaptions { get; private set; }

    /// <summary>Different boxes.</summary>
    public long Boxes { get; private set; }

    /// <summary>Phrases of boxes; a box may have several.</summary>
    public long Phrases { get; private set; }

    /// <summary>Pictures with a box.</summary>
    public int PicturesWithBoxes { get; private set; }

    /// <summary>Questions.</summary>
    public long Questions { get; private set; }

    /// <summary>Bytes of the encoded pictures.</summary>
    public long Bytes { get; private set; }

    /// <summary>One more picture.</summary>
    public void Add(SourcePicture picture)
    {
        Pictures++;
        Pairs += picture.Captions.Count;
        (FewestCaptions, MostCaptions) = (Math.Min(FewestCaptions, picture.Captions.Count), Math.Max(MostCaptions, picture.Captions.Count));
        foreach (var caption in picture.Captions)
        {
            var words = caption.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
            Words += words;
            MostWords = Math.Max(MostWords, words);
            CutCaptions += words > CaptionText.MostWords ? 1 : 0;
        }

        Boxes += picture.Regions.Select(region => region.Box).Distinct().Count();
        Phrases += picture.Regions.Count;
        PicturesWithBoxes += picture.Regions.Count > 0 ? 1 : 0;
        Questions += picture.Questions.Count;
        Bytes += picture.Image.LongLength;
    }
}

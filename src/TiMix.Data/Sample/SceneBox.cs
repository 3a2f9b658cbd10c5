namespace TiMix.Data.Sample;

/// <summary>Where one object stands in relation to another; <see cref="None"/> if no word is clearly true.</summary>
internal enum Relation { None, LeftOf, RightOf, Above, Below }

/// <summary>A box of whole pixels; right and bottom are the first pixels outside.</summary>
internal readonly record struct SceneBox(int X, int Y, int Width, int Height)
{
    public int Right => X + Width;
    public int Bottom => Y + Height;

    public bool Overlaps(SceneBox o) => X < o.Right && o.X < Right && Y < o.Bottom && o.Y < Bottom;

    /// <summary>
    /// "Left of" if this box ends before the other begins and the centres lie further apart across than down; the
    /// other words alike. At most one word is true of a pair, and it can be seen at a glance.
    /// </summary>
    public Relation RelationTo(SceneBox o)
    {
        var across = 2 * o.X + o.Width - 2 * X - Width;
        var down = 2 * o.Y + o.Height - 2 * Y - Height;
        if (Math.Abs(across) > Math.Abs(down))
            return Right <= o.X ? Relation.LeftOf : o.Right <= X ? Relation.RightOf : Relation.None;
        if (Math.Abs(down) > Math.Abs(across))
            return Bottom <= o.Y ? Relation.Above : o.Bottom <= Y ? Relation.Below : Relation.None;
        return Relation.None;
    }

    /// <summary>The smallest box around the visible pixels; empty if there are none.</summary>
    public static SceneBox Around(int width, int height, Func<int, int, bool> visible)
    {
        var (left, top, right, bottom) = (width, height, 0, 0);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                if (!visible(x, y)) continue;
                (left, right) = (Math.Min(left, x), Math.Max(right, x + 1));
                (top, bottom) = (Math.Min(top, y), y + 1);
            }
        }
        return right == 0 ? default : new SceneBox(left, top, right - left, bottom - top);
    }
}
